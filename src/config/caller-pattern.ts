// How a grant names callers: an e-mail, a unique ID, both, or every service account of a project.
import { GOOGLE_EMAIL, PROJECT_ID, UNIQUE_ID } from './google-names.ts';
import type { CallerPattern } from './types.ts';

export const CALLER_MUST =
  'must be an e-mail, a unique ID (digits), EMAIL#ID for both, or project:PROJECT_ID for every service account of a project';

/** The callers that `text` names; undefined where it names none in a form we know. */
export function readCallerPattern(text: string): CallerPattern | undefined {
  if (text.startsWith('project:')) {
    const project = text.slice('project:'.length);
    return PROJECT_ID.test(project) ? { kind: 'project', project } : undefined;
  }
  if (UNIQUE_ID.test(text)) return { kind: 'id', uniqueId: text };
  const [address = '', uniqueId, ...more] = text.split('#');
  const email = address.toLowerCase();
  if (!GOOGLE_EMAIL.test(email) || more.length > 0) return undefined;
  if (uniqueId === undefined) return { kind: 'email', email };
  return UNIQUE_ID.test(uniqueId) ? { kind: 'email-and-id', email, uniqueId } : undefined;
}

/** What someone who wrote `text` should write instead. */
export function callerFix(text: string): string {
  if (/^(?:serviceAccount|user|group|principal|principalSet|domain):/.test(text)) {
    return 'This is not an IAM member: write the e-mail alone.';
  }
  if (/^all(?:Authenticated)?Users$/.test(text)) return 'There is no grant to everybody: name the callers.';
  if (text.includes('*'))
    return 'There are no wildcards: for every service account of a project write project:PROJECT_ID.';
  return '';
}
