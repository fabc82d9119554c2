// Parses the strings that name callers in a grant: an e-mail, a unique ID, both, or a project with all its service accounts.
import { GOOGLE_EMAIL, PROJECT_ID, UNIQUE_ID } from './google-names.ts';
import type { CallerPattern } from './types.ts';

export const CALLER_MUST =
  'must be an e-mail, a unique ID (digits), EMAIL#ID for both, or project:PROJECT_ID for every service account in a project';

/** The callers that `text` names; undefined if its format is unknown. */
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

const MEMBER = 'Remove the prefix (serviceAccount: or user:), and keep only the e-mail.';
const SHARED_BY_MANY =
  'Groups and domains never match, because tokens do not contain them. Name each caller.';
const FEDERATED =
  'Identities in workload and workforce identity pools get no ID tokens from Google. Name the service account that they impersonate.';
const PROJECT_ROLE = 'To include every service account in a project, use project:PROJECT_ID.';

/** The text to write instead of an IAM member, by the member's kind (IAM, "Principal identifiers"). */
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
  `Use the project ID, not the project number: \`gcloud projects describe ${number.slice(0, 30)} --format 'value(projectId)'\` prints the ID.`;

/** Suggests what to write instead of `text`; '' if there is no known replacement. */
export function callerFix(text: string): string {
  const [, kind = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(text) ?? [];
  const fix = kind === 'project' && /^\d+$/.test(rest) ? projectNumberFix(rest) : MEMBER_FIXES.get(kind);
  if (fix !== undefined) return fix;
  if (/^all(?:Authenticated)?Users$/.test(text))
    return 'Access cannot be granted to everyone. Name each caller.';
  if (text.includes('*'))
    return 'Wildcards are not supported. To include every service account in a project, use project:PROJECT_ID.';
  return '';
}
