// Names the caller to AWS: the role session name, which CloudTrail and S3's access logs show, and on further hops the source identity
// and session tags.
import { hash } from 'node:crypto';
import { CALLER_TAG_KEYS } from '../config/aws-limits.ts';
import { parseServiceAccount } from '../config/google-names.ts';
import type { Hop, Role } from '../config/types.ts';
import type { HopSession } from './sts-calls.ts';

/** Who a session is for: a caller, or for the commands, the bridge itself. */
export interface AttributedCaller {
  /** Unique ID. */
  readonly subject: string;
  /** Verified. */
  readonly email?: string;
}

export interface Attribution {
  readonly sessionName: string;
  /** Whom source identity and caller tags name; absent where no hop names anyone, so that callers share a session. */
  readonly caller?: AttributedCaller;
}

/** IAM user guide, "Rules for adding session tags". */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u;

/** @param bridgeName the session's name where the role says `session: bridge` */
export function attributionOf(role: Role, caller: AttributedCaller, bridgeName: string): Attribution {
  const sessionName = role.session === 'caller' ? callerSessionName(caller) : bridgeName;
  return role.then.some(namesTheCaller) ? { sessionName, caller } : { sessionName };
}

/** The attribution of a session that no caller needs: the bridge's, for its commands. @throws Fault as the identity token */
export async function ownAttribution(
  role: Role,
  bridge: { names(): Promise<readonly string[]>; self(): Promise<AttributedCaller> },
): Promise<Attribution> {
  const bridgeName = role.session === 'bridge' ? bridgeSessionName(await bridge.names()) : '';
  return attributionOf(role, await bridge.self(), bridgeName);
}

/** Whether the role behind a hop learns who asks. */
export const namesTheCaller = (hop: Hop): boolean => hop.callerTags || hop.sourceIdentity !== undefined;

/** Equal for two requests exactly where their sessions may be one. */
export function attributionKey({ sessionName, caller }: Attribution): string {
  if (caller === undefined) return sessionName;
  // JSON keeps the parts apart, whatever they hold; no session name looks like it.
  return JSON.stringify([sessionName, caller.subject, caller.email]);
}

/** What a hop's AssumeRole says of the caller. Session tags and source identity cannot come with a Google token (IAM user guide, "Pass session tags in AWS STS"). */
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
    // A caller without an e-mail has no such tag to hand on.
    transitiveTags: transitiveTags.filter((key) => Object.hasOwn(own, key)),
  };
}

function callerTags({ subject, email }: AttributedCaller): Record<string, string> {
  const [emailKey, idKey] = CALLER_TAG_KEYS;
  return {
    ...(email !== undefined && TAG_VALUE.test(email) ? { [emailKey]: email } : {}),
    [idKey]: subject,
  };
}

/** STS AssumeRoleWithWebIdentity, RoleSessionName: 2 to 64 of these characters. */
const MAX_CHARACTERS = 64;
const ALLOWED = /^[\w+=,.@-]{2,64}$/;

/**
 * `local@project` for a service account of a project, else the unique ID. Only service accounts get the short form: a
 * person's `a@b.example` could otherwise meet the account `a` of the domain-scoped project `b.example`.
 */
export function callerSessionName(caller: { readonly subject: string; readonly email?: string }): string {
  const account = parseServiceAccount(caller.email ?? '');
  const name = account === undefined ? '' : `${account.local}@${account.project}`;
  return ALLOWED.test(name) ? name : caller.subject;
}

/** @param parts `project, instance` on a machine; `project, service, revision` on Cloud Run, which has no instance name */
export function bridgeSessionName(parts: readonly string[]): string {
  const full = parts.join('.');
  // '=' occurs in none of the names, ':' only in domain-scoped projects.
  const name = full.replaceAll(':', '=');
  if (ALLOWED.test(name)) return name;
  const digest = hash('sha256', full, 'hex').slice(0, 16);
  return `${name.replace(/[^\w+=,.@-]/g, '-').slice(0, MAX_CHARACTERS - digest.length - 1)}.${digest}`;
}
