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

const MEMBER = 'This is not an IAM member: write the e-mail alone.';
const SHARED_BY_MANY = 'It matches nobody: tokens do not name groups or domains. Name each caller.';
const FEDERATED =
  'Google signs no ID tokens for the identities of workload and workforce identity pools: name the service account that they impersonate.';
const PROJECT_ROLE = 'For every service account of a project write project:PROJECT_ID.';

/** By the kind of an IAM member (IAM, "Principal identifiers"). */
const MEMBER_FIXES: ReadonlyMap<string, string> = new Map([
  ['serviceAccount', MEMBER],
  ['user', MEMBER],
  ['group', SHARED_BY_MANY],
  ['domain', SHARED_BY_MANY],
  ['principal', FEDERATED],
  ['principalSet', FEDERATED],
  ['projectOwner', PROJECT_ROLE],
  ['projectEditor', PROJECT_ROLE],
  ['projectViewer', PROJECT_ROLE],
]);

const projectNumberFix = (number: string): string =>
  `Service accounts' e-mails contain the project's ID, not its number: \`gcloud projects describe ${number.slice(0, 30)} --format 'value(projectId)'\` shows it.`;

/** What someone who wrote `text` should write instead. */
export function callerFix(text: string): string {
  const [, kind = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(text) ?? [];
  const fix = kind === 'project' && /^\d+$/.test(rest) ? projectNumberFix(rest) : MEMBER_FIXES.get(kind);
  if (fix !== undefined) return fix;
  if (/^all(?:Authenticated)?Users$/.test(text)) return 'There is no grant to everybody: name the callers.';
  if (text.includes('*'))
    return 'There are no wildcards: for every service account of a project write project:PROJECT_ID.';
  return '';
}
