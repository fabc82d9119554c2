// Parses the text with which a grant names callers: an email, a unique ID, both, all service accounts of a project, a subject of
// another issuer, or a person who uses the console.
import { GOOGLE_EMAIL, isServiceAccount, PERSON, PROJECT_ID, UNIQUE_ID } from './google-names.ts';
import type { CallerPattern } from './types.ts';

export const CALLER_MUST =
  'must be an email, a unique ID (digits), EMAIL#ID for both, project:PROJECT_ID for every service account in a project, ISSUER:SUBJECT for a caller of an issuer listed under `issuers`, or user:EMAIL for a person who uses the console';

/**
 * Names that no issuer may have. Such names would be mistaken for a different kind of caller, an IAM member, the session name of
 * vended credentials, or Google in the log.
 */
export const RESERVED_ISSUER_NAMES: readonly string[] = [
  'project',
  PERSON,
  'group',
  'domain',
  'principal',
  'vend',
  'google',
];

/**
 * The format of an issuer's name. The name contains no colon, so the first colon in a caller's name ends the issuer's name, and
 * different callers never have the same name.
 */
export const ISSUER_NAME = /^[a-z](?:[a-z0-9-]{0,29}[a-z0-9])?$/;

/** The format of a subject, which has at most 255 ASCII characters (OpenID Connect Core 1.0, "ID Token"). */
const SUBJECT = /^[!-~](?:[ -~]{0,253}[!-~])?$/;

/** Returns the callers that `text` names; undefined if the text has no known format. */
export function readCallerPattern(text: string): CallerPattern | undefined {
  if (text.startsWith('project:')) {
    const project = text.slice('project:'.length);
    return PROJECT_ID.test(project) ? { kind: 'project', project } : undefined;
  }
  if (text.startsWith(`${PERSON}:`)) {
    const email = text.slice(PERSON.length + 1).toLowerCase();
    return GOOGLE_EMAIL.test(email) && !isServiceAccount(email) ? { kind: 'user', email } : undefined;
  }
  if (UNIQUE_ID.test(text)) return { kind: 'id', uniqueId: text };
  const issued = readIssued(text);
  if (issued !== undefined) return issued;
  const [address = '', uniqueId, ...more] = text.split('#');
  const email = address.toLowerCase();
  if (!GOOGLE_EMAIL.test(email) || more.length > 0) return undefined;
  if (uniqueId === undefined) return { kind: 'email', email };
  return UNIQUE_ID.test(uniqueId) ? { kind: 'email-and-id', email, uniqueId } : undefined;
}

function readIssued(text: string): CallerPattern | undefined {
  const colon = text.indexOf(':');
  const [issuer, subject] = [text.slice(0, colon), text.slice(colon + 1)];
  const isIssuer = colon > 0 && ISSUER_NAME.test(issuer) && !RESERVED_ISSUER_NAMES.includes(issuer);
  return isIssuer && SUBJECT.test(subject) ? { kind: 'issued', issuer, subject } : undefined;
}

const MEMBER = 'Remove the prefix, and keep only the email.';
const NO_PERSON =
  'Write user: and the email of a person. For a service account, remove user: and keep only the email.';
const SHARED_BY_MANY =
  'Groups and domains never match, because tokens do not contain them. Name each caller.';
const FEDERATED =
  'Identities in workload and workforce identity pools cannot get ID tokens from Google. Name the service account that they impersonate.';
const PROJECT_ROLE = 'To include every service account in a project, use project:PROJECT_ID.';

/** The fix for each kind of IAM member: what to write in a grant instead of the member (IAM, "Principal identifiers"). */
const MEMBER_FIXES: ReadonlyMap<string, string> = new Map([
  ['serviceAccount', MEMBER],
  [PERSON, NO_PERSON],
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
