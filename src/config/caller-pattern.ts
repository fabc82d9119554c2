// How a grant names callers: an e-mail, a unique ID, both, or every service account of a project.
import type { CallerPattern } from './types.ts';

/** Google's e-mails compare without regard to case, and verified ones arrive in lower case. */
const EMAIL = /^[\w.+'%-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** Google promises no length; 21 digits are usual. */
const UNIQUE_ID = /^\d{10,30}$/;

/** Resource Manager, Project.projectId; before the colon the domain of an old, domain-scoped project. */
const PROJECT = /^(?:(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

export const CALLER_MUST =
  'must be an e-mail, a unique ID (digits), EMAIL#ID for both, or project:PROJECT_ID for every service account of a project';

/** The callers that `text` names; undefined where it names none in a form we know. */
export function readCallerPattern(text: string): CallerPattern | undefined {
  if (text.startsWith('project:')) {
    const project = text.slice('project:'.length);
    return PROJECT.test(project) ? { kind: 'project', project } : undefined;
  }
  if (UNIQUE_ID.test(text)) return { kind: 'id', uniqueId: text };
  const [address = '', uniqueId, ...more] = text.split('#');
  const email = address.toLowerCase();
  if (!EMAIL.test(email) || more.length > 0) return undefined;
  if (uniqueId === undefined) return { kind: 'email', email };
  return UNIQUE_ID.test(uniqueId) ? { kind: 'email-and-id', email, uniqueId } : undefined;
}

/** What someone who wrote `text` should write instead. */
export function callerRemedy(text: string): string {
  if (/^(?:serviceAccount|user|group|principal|principalSet|domain):/.test(text)) {
    return 'This is not an IAM member: write the e-mail alone.';
  }
  if (/^all(?:Authenticated)?Users$/.test(text)) return 'There is no grant to everybody: name the callers.';
  if (text.includes('*'))
    return 'There are no wildcards: for every service account of a project write project:PROJECT_ID.';
  return '';
}
