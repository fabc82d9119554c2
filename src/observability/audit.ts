// The audit trail: the decision about each request in its log line, and a log line whenever a caller receives AWS credentials.
import type { Grant } from '../config/types.ts';
import { FAULTS } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';
import { member } from './json-members.ts';
import type { Log } from './log.ts';
import type { Decision, RequestContext } from './request-context.ts';

export const ANY_GRANT: Decision = { reason: 'any_grant', grants: [] };
export const OWN_BUCKETS: Decision = { reason: 'own_buckets', grants: [] };

export const grantedBy = (grants: readonly Grant[]): Decision => ({
  reason: 'grant',
  grants: grants.map(({ position }) => position),
});

/**
 * The issuer in log lines about callers with Google tokens. No configured issuer can have this name (config/caller-pattern.ts).
 */
const GOOGLE = 'google';

type AuditedCaller = NonNullable<RequestContext['caller']>;

export const issuerOf = (caller: AuditedCaller): string => caller.issuer ?? GOOGLE;

/** The faults with which the configuration denies a request. Their codes are logged as the reason for the denial. */
const DENIALS: ReadonlySet<string> = new Set([
  'caller_is_bridge',
  'vend_not_granted',
  'vend_shared_session',
  'vend_policy_too_large',
]);

/**
 * @returns a function that returns a caller's JSON members with a comma before each of them. The text is cached, because a
 * caller's object is reused as long as the caller's token is valid.
 */
export function createCallerMembers(): (caller: AuditedCaller) => string {
  const known = new WeakMap<AuditedCaller, string>();
  return (caller) => {
    let text = known.get(caller);
    if (text === undefined) {
      text =
        member('caller', caller.email) +
        member('callerId', caller.subject) +
        member('issuer', issuerOf(caller));
      known.set(caller, text);
    }
    return text;
  };
}

/** @returns JSON members with a comma before each of them; empty if no decision was made, for example for a probe */
export function decisionMembers({ decision, fault }: RequestContext): string {
  const denial = fault === undefined ? undefined : denialReason(fault);
  if (denial !== undefined) return `,"granted":false,"reason":"${denial}"`;
  if (decision === undefined) return '';
  const { length, 0: first = '' } = decision.grants;
  // Nearly all decisions have one grant, and `join` takes 0.1 µs.
  const grants = length === 0 ? '' : `,"grantIndexes":[${length === 1 ? first : decision.grants.join()}]`;
  return `,"granted":true,"reason":"${decision.reason}"${grants}`;
}

function denialReason({ code, detail }: Fault): string | undefined {
  // If the fault names an action, the caller has grants on the bucket, but none that covers this request.
  if (code === 'not_granted') return detail['action'] === undefined ? 'no_grant' : 'not_covered';
  if (DENIALS.has(code)) return code;
  return FAULTS[code].outcome === 'unauthenticated' ? 'unauthenticated' : undefined;
}

/** @returns a function that logs that AWS credentials were issued to the request's caller, without the credentials themselves */
export function vendingLogger(log: Log): (context: RequestContext, expiresAt: string) => void {
  return ({ requestId, caller, bucket, role, sessionName, decision }, expiresAt) => {
    if (caller === undefined) return;
    log('INFO', `AWS credentials of role ${role ?? ''} were issued`, {
      event: 'vend',
      requestId,
      caller: caller.email,
      callerId: caller.subject,
      issuer: issuerOf(caller),
      bucket,
      role,
      sessionName,
      grantIndexes: decision?.grants,
      expiresAt,
    });
  };
}
