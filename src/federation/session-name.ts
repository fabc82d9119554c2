// Identifies the caller to AWS: in the role session name, which CloudTrail and S3's access logs show, and for chained roles, in
// the source identity and the session tags.
import { hash } from 'node:crypto';
import { CALLER_TAG_KEYS } from '../config/aws-limits.ts';
import { parseServiceAccount } from '../config/google-names.ts';
import type { Hop, Role } from '../config/types.ts';
import { VENDED_SESSION_PREFIX } from '../policy/vended-policy.ts';
import type { HopSession } from './sts-calls.ts';

/** The caller for whom a session is requested; for a session that a CLI command requests, the bridge itself. */
export interface AttributedCaller {
  /** The caller's unique ID, or `ISSUER:SUBJECT` for a caller of another issuer than Google. */
  readonly subject: string;
  /** The caller's verified email address. */
  readonly email?: string;
}

export interface Attribution {
  readonly sessionName: string;
  /**
   * The caller for the source identity and session tags; absent if no hop names the caller, so that callers can share a session.
   */
  readonly caller?: AttributedCaller;
}

/** The values that IAM allows for session tags (IAM user guide, "Rules for adding session tags"). */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u;

/** Returns the attribution of a session. It includes the caller only if one of the role's hops sends the caller's identity. */
export function attributionOf({ then }: Role, caller: AttributedCaller, sessionName: string): Attribution {
  return then.some(namesTheCaller) ? { sessionName, caller } : { sessionName };
}

/**
 * Returns the attribution of a session that is requested by a CLI command instead of a caller.
 * @throws the same faults as fetching the identity token
 */
export async function ownAttribution(
  role: Role,
  bridge: { names(): Promise<readonly string[]>; self(): Promise<AttributedCaller> },
): Promise<Attribution> {
  const bridgeName = role.session === 'bridge' ? bridgeSessionName(await bridge.names()) : undefined;
  const self = await bridge.self();
  return attributionOf(role, self, bridgeName ?? callerSessionName(self));
}

/** Whether a hop sends the caller's identity to AWS. */
export const namesTheCaller = (hop: Hop): boolean => hop.callerTags || hop.sourceIdentity !== undefined;

/** Returns a cache key. Two requests have the same key only if they may share a session. */
export function attributionKey({ sessionName, caller }: Attribution): string {
  if (caller === undefined) return sessionName;
  // JSON quoting keeps the three values separate, whatever they contain, and no session name looks like a JSON array.
  return JSON.stringify([sessionName, caller.subject, caller.email]);
}

/**
 * Returns the AssumeRole parameters that name the caller. The first role cannot use them, because a Google token cannot carry
 * session tags or a source identity (IAM user guide, "Pass session tags in AWS STS").
 */
export function hopAttribution(
  hop: Hop,
  { sessionName, caller }: Attribution,
): Pick<HopSession, 'sessionName' | 'sourceIdentity' | 'tags' | 'transitiveTags'> {
  const { tags, transitiveTags } = hop;
  if (caller === undefined) return { sessionName, tags, transitiveTags };
  const own = hop.callerTags ? { ...tags, ...callerTags(caller) } : tags;
  return {
    sessionName,
    ...(hop.sourceIdentity === undefined ? {} : { sourceIdentity: callerSessionName(caller) }),
    tags: own,
    // Drops keys without a tag. A caller without an email address, for example, has no email tag.
    transitiveTags: transitiveTags.filter((key) => Object.hasOwn(own, key)),
  };
}

function callerTags({ subject, email }: AttributedCaller): Record<string, string> {
  const [emailKey, idKey] = CALLER_TAG_KEYS;
  return {
    ...(email !== undefined && TAG_VALUE.test(email) ? { [emailKey]: email } : {}),
    [idKey]: TAG_VALUE.test(subject) ? subject : callerSessionName({ subject }),
  };
}

/**
 * The maximum length of a session name. STS allows 2 to 64 of the characters in `ALLOWED` (AssumeRoleWithWebIdentity,
 * RoleSessionName).
 */
const MAX_CHARACTERS = 64;
const ALLOWED = /^[\w+=,.@-]{2,64}$/;

/**
 * Returns `local@project` for a project's service account, otherwise the unique ID. A person's `a@b.example` has no short form,
 * because it could collide with the account `a` of the domain-scoped project `b.example`. For a caller of another issuer, see
 * {@link issuedSessionName}.
 */
export function callerSessionName(caller: { readonly subject: string; readonly email?: string }): string {
  const { subject } = caller;
  const account = parseServiceAccount(caller.email ?? '');
  const name = account === undefined ? '' : `${account.local}@${account.project}`;
  if (ALLOWED.test(name) && !name.startsWith(VENDED_SESSION_PREFIX)) return name;
  return subject.includes(':') ? issuedSessionName(subject) : subject;
}

/** Names the session after the caller, or after a digest of the caller's usual session name if the name would be too long. */
export function vendedSessionName(caller: AttributedCaller): string {
  const usual = callerSessionName(caller);
  const name = `${VENDED_SESSION_PREFIX}${usual}`;
  return ALLOWED.test(name) ? name : `${VENDED_SESSION_PREFIX}${hash('sha256', usual, 'hex').slice(0, 32)}`;
}

/**
 * Names the session of a caller of another issuer than Google. STS accepts neither `:` nor `/`, so `gke-prod:etl/reader` becomes
 * `gke-prod=etl,reader`. If that name is too long, or if it could be another caller's name, the subject becomes a digest. No two
 * callers share a name: names of Google's accounts contain no `=`, and a digest contains neither `=` nor `@`.
 */
function issuedSessionName(subject: string): string {
  const name = subject.replaceAll(':', '=').replaceAll('/', ',');
  if (!/[=,]/.test(subject) && !name.startsWith(VENDED_SESSION_PREFIX) && ALLOWED.test(name)) return name;
  const issuer = subject.slice(0, subject.indexOf(':'));
  return `${issuer}.${hash('sha256', subject, 'hex').slice(0, CALLER_DIGEST_CHARACTERS)}`;
}

/**
 * The number of hexadecimal digits of a caller's digest. Callers may be able to choose their subjects, and 128 bits are enough to
 * prevent two subjects with the same digest. The digest fits in a session name, because an issuer's name has at most 31
 * characters.
 */
const CALLER_DIGEST_CHARACTERS = 32;

/** @param parts `project, instance` on a machine; `project, service, revision` on Cloud Run, which has no instance name */
export function bridgeSessionName(parts: readonly string[]): string {
  const full = parts.join('.');
  // The replacement cannot make two names equal: names of projects and instances never contain '=', and only domain-scoped
  // projects contain ':'.
  const name = full.replaceAll(':', '=');
  if (ALLOWED.test(name)) return name;
  const digest = hash('sha256', full, 'hex').slice(0, 16);
  return `${name.replace(/[^\w+=,.@-]/g, '-').slice(0, MAX_CHARACTERS - digest.length - 1)}.${digest}`;
}
