// Explains to the operator which grant allows a caller's read, and which role, session and policy the bridge uses in AWS.
import type { Permit } from '../../auth/authorize.ts';
import type { Caller } from '../../auth/caller.ts';
import { explain } from '../../auth/explain-decision.ts';
import { grantIndex } from '../../auth/grants.ts';
import { PERSON } from '../../config/google-names.ts';
import type { Config, Role } from '../../config/types.ts';
import { escapeText } from '../../config/show.ts';
import { showDuration } from '../../config/units.ts';
import { callerSessionName } from '../../federation/session-name.ts';
import { sessionPolicies } from '../../policy/session-policy.ts';
import { describeRole } from './describe.ts';
import { describeActions, grantDescriber } from './describe-grants.ts';
import type { CheckRequest } from './request.ts';
import { describeDenial, describeUnjudged } from './denial.ts';

export interface Decision {
  readonly allowed: boolean;
  readonly text: string;
}

/** @param lineOf returns the line number of the grant at this position in the list; undefined if the line is unknown */
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
  const subject = read.subject === '' ? 'everything' : escapeText(read.subject);
  const lines = [
    `${shown(request.caller)} ${allowed ? 'may' : 'is not allowed to'} ${describeActions([word])} ${subject} in ${read.bucket} (${read.actions.join(', ')}).`,
    ...(allowed
      ? explained.permit.decided.map((grant) => `Decided by ${describeGrant(grant)}.`)
      : describeDenial(request, explained.denial, { config, describeGrant })),
    ...describeUnjudged(config, request, describeGrant),
    ...(allowed ? describeSession(explained.permit, request, caller) : []),
  ];
  return { allowed, text: `${lines.join('\n')}\n` };
}

/**
 * Returns the caller that the pattern names. A caller with only an email gets an empty ID, which no account has, so that grants
 * by unique ID never match it.
 */
export function callerOf(pattern: CheckRequest['caller']): Caller {
  if (pattern.kind === 'email') return { subject: '', email: pattern.email };
  if (pattern.kind === 'issued') return { subject: shown(pattern), issuer: pattern.issuer };
  if (pattern.kind === 'user') return { subject: shown(pattern), issuer: PERSON };
  return pattern.kind === 'id'
    ? { subject: pattern.uniqueId }
    : { subject: pattern.uniqueId, email: pattern.email };
}

export function shown(pattern: CheckRequest['caller']): string {
  if (pattern.kind === 'email') return pattern.email;
  if (pattern.kind === 'issued') return `${pattern.issuer}:${pattern.subject}`;
  if (pattern.kind === 'user') return `${PERSON}:${pattern.email}`;
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
    `The bridge performs this read as ${describeRole(role, showDuration(role.durationSeconds))}, in a session named ${sessionName(role, request, caller)}.`,
    `AWS limits ${role.then.length === 0 ? 'the session' : "the last role's session"} to this policy:`,
    ...JSON.stringify(policy, null, 2).split('\n').map(escapeText),
  ];
}

function sessionName(role: Role, { caller: { kind } }: CheckRequest, caller: Caller): string {
  if (role.session === 'bridge') return 'after the bridge';
  const name = callerSessionName(caller);
  if (kind === 'id')
    return `${name} (if the token has a verified email, the session is named after the email instead)`;
  return name === '' ? 'after the unique ID, which cannot be derived from an email' : name;
}
