// `/-/explain?action=vend`: shows callers which of their grants let them obtain AWS credentials for a bucket, or why none does.
import { decideVending } from '../auth/authorize-vending.ts';
import { matchingPatterns } from '../auth/grants.ts';
import type { Access } from '../auth/grants.ts';
import { isPerson } from '../auth/caller.ts';
import type { Caller } from '../auth/caller.ts';
import { Fault } from '../errors/fault.ts';
import { FAULTS } from '../errors/table.ts';
import { checkedBucket, loggable } from '../s3/target.ts';
import { describeGrants, hintWithoutGrants, matchFields, scopeFields } from './explain-route.ts';

/** @throws Fault parameter_invalid, not_implemented, bucket_name_invalid */
export function readVendingQuestion(query: ReadonlyMap<string, string>): string {
  for (const parameter of ['key', 'prefix'])
    if (query.has(parameter)) {
      const rule =
        'must not be given with action=vend: credentials always allow everything in your grants that include vend';
      throw new Fault('parameter_invalid', { parameter, rule });
    }
  const bucket = query.get('bucket') ?? '';
  if (bucket === '') throw new Fault('parameter_invalid', { parameter: 'bucket', rule: 'must be given' });
  const unknown = [...query.keys()].find((name) => name !== 'action' && name !== 'bucket');
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: loggable(unknown) });
  return checkedBucket(bucket);
}

/** Explains the decision that a request for credentials would get. */
export function explainVending(bucket: string, caller: Caller, access: ReadonlyMap<string, Access>): object {
  const request = { bucket, action: 'vend' };
  if (isPerson(caller)) return { ...request, allowed: false, decidedBy: [], ...NOT_FOR_PEOPLE };
  const decision = decideVending(access, bucket);
  if ('refusal' in decision) {
    const hint = access.size === 0 ? hintWithoutGrants(caller) : undefined;
    const why = FAULTS[decision.refusal].sentence;
    return {
      ...request,
      allowed: false,
      decidedBy: [],
      why,
      hint: hint ?? 'Ask the operator if you need to call S3 directly.',
    };
  }
  const { grants } = decision.permit;
  return {
    ...request,
    allowed: true,
    decidedBy: grants.map((grant) => ({
      allow: grant.allow,
      ...scopeFields(grant.scope),
      matchedBy: matchingPatterns(caller, grant.callers).map(matchFields),
    })),
    why: `You may obtain AWS credentials from /-/credentials. They allow only what these grants allow: ${describeGrants(grants)}.`,
  };
}

const NOT_FOR_PEOPLE = {
  why: 'The console issues no AWS credentials.',
  hint: 'Ask the operator for a service account if a program needs to call S3 directly.',
};
