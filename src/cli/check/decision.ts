// Says to the operator which grant decides about a caller's read, and as whom AWS would be asked with which policy.
import type { Permit } from '../../auth/authorize.ts';
import type { Caller } from '../../auth/verify-token.ts';
import { explain } from '../../auth/explain-decision.ts';
import { grantIndex } from '../../auth/grants.ts';
import type { Config, Role } from '../../config/types.ts';
import { escapeText } from '../../config/show.ts';
import { showDuration } from '../../config/units.ts';
import { attributionOf } from '../../federation/session-name.ts';
import { sessionPolicies } from '../../policy/session-policy.ts';
import { describeActions, describeRole, grantDescriber } from './describe.ts';
import type { CheckRequest } from './request.ts';
import { describeDenial, describeUnjudged } from './denial.ts';

export interface Decision {
  readonly allowed: boolean;
  readonly text: string;
}

/** @param lineOf where a grant stands in the file, by its position; undefined where that is not known */
export function decide(
  config: Config,
  request: CheckRequest,
  lineOf: (position: number) => number | undefined,
): Decision {
  const { read, word } = request;
  const caller = callerOf(request.caller);
  const describeGrant = grantDescriber(config.grants, caller, lineOf);
  const explained = explain(grantIndex(config.grants, config.buckets)(caller), read);
  const allowed = 'permit' in explained;
  const subject = read.subject === '' ? 'all of it' : escapeText(read.subject);
  const lines = [
    `${shown(request.caller)} ${allowed ? 'may' : 'may not'} ${describeActions([word])} ${subject} in ${read.bucket} (${read.actions.join(', ')}).`,
    ...(allowed
      ? explained.permit.decided.map((grant) => `Decided by ${describeGrant(grant)}.`)
      : describeDenial(request, explained.denial, { config, describeGrant })),
    ...describeUnjudged(config, request, describeGrant),
    ...(allowed ? describeSession(explained.permit, request, caller) : []),
  ];
  return { allowed, text: `${lines.join('\n')}\n` };
}

/** No account has the empty ID, so that no grant by unique ID names a caller who is given by e-mail alone. */
function callerOf(pattern: CheckRequest['caller']): Caller {
  if (pattern.kind === 'email') return { subject: '', email: pattern.email };
  return pattern.kind === 'id'
    ? { subject: pattern.uniqueId }
    : { subject: pattern.uniqueId, email: pattern.email };
}

function shown(pattern: CheckRequest['caller']): string {
  if (pattern.kind === 'email') return pattern.email;
  return pattern.kind === 'id' ? pattern.uniqueId : `${pattern.email}#${pattern.uniqueId}`;
}

function describeSession(
  { bucket, decided, grants }: Permit,
  request: CheckRequest,
  caller: Caller,
): string[] {
  const { role } = bucket;
  const policy: unknown = JSON.parse(sessionPolicies()(bucket, decided, grants));
  return [
    `Read as ${describeRole(role, showDuration(role.durationSeconds))}, in a session named ${sessionName(role, request, caller)}.`,
    `AWS holds the session${role.then.length === 0 ? '' : ' of the last role'} to this policy:`,
    ...JSON.stringify(policy, null, 2).split('\n').map(escapeText),
  ];
}

function sessionName(role: Role, { caller: { kind } }: CheckRequest, caller: Caller): string {
  if (role.session === 'bridge') return 'after this bridge';
  const { sessionName: name } = attributionOf(role, caller, '');
  if (kind === 'id') return `${name}, or after the e-mail where the token carries one`;
  return name === '' ? 'after the unique ID, which an e-mail does not tell' : name;
}
