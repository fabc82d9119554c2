// Explains to the operator whether a caller may obtain AWS credentials for a bucket, and what these credentials allow.
import { decideVending } from '../../auth/authorize-vending.ts';
import type { VendingPermit, VendingRefusal } from '../../auth/authorize-vending.ts';
import { grantIndex } from '../../auth/grants.ts';
import type { Config } from '../../config/types.ts';
import { didYouMean } from '../../config/did-you-mean.ts';
import { escapeText } from '../../config/show.ts';
import { FAULTS } from '../../errors/table.ts';
import { callerOf, shown } from './decision.ts';
import type { Decision } from './decision.ts';
import { grantDescriber } from './describe-grants.ts';
import type { DescribeGrant } from './describe-grants.ts';
import type { VendingRequest } from './request.ts';

/** @param lineOf returns the line of the grant at this position in the list; undefined if the line is unknown */
export function describeVending(
  config: Config,
  { caller, vendBucket }: VendingRequest,
  lineOf: (position: number) => number | undefined,
): Decision {
  if (caller.kind === 'user')
    return {
      allowed: false,
      text: `${shown(caller)} may not get AWS credentials for ${vendBucket}.\n${NOT_FOR_PEOPLE}\n`,
    };
  const known = callerOf(caller);
  const decision = decideVending(grantIndex(config.grants, config.buckets)(known), vendBucket);
  const allowed = 'permit' in decision;
  const describeGrant = grantDescriber(config.grants, known, lineOf);
  const lines = [
    `${shown(caller)} ${allowed ? 'may' : 'may not'} get AWS credentials for ${vendBucket}.`,
    ...(allowed
      ? describePermit(decision.permit, describeGrant)
      : describeRefusal(config, decision.refusal, vendBucket)),
    ...(caller.kind === 'email' || caller.kind === 'id' ? [describePartial(caller.kind)] : []),
  ];
  return { allowed, text: `${lines.join('\n')}\n` };
}

function describePermit({ grants, policy }: VendingPermit, describeGrant: DescribeGrant): string[] {
  const document: unknown = JSON.parse(policy);
  return [
    ...grants.map((grant) => `Decided by ${describeGrant(grant)}.`),
    'The credentials are valid for at most 1h, and the bridge cannot take them back. AWS limits them to this policy:',
    ...JSON.stringify(document, null, 2).split('\n').map(escapeText),
  ];
}

function describeRefusal({ buckets }: Config, refusal: VendingRefusal, bucket: string): string[] {
  if (!buckets.has(bucket))
    return [`The configuration has no such bucket. ${didYouMean(bucket, buckets.keys(), '`buckets`')}`];
  const why = {
    vend_not_granted: "None of the caller's grants on this bucket allows vend.",
    vend_shared_session:
      "The bridge issues no credentials for this bucket, because the role's sessions are named after the bridge.",
    vend_policy_too_large: "The caller's grants with vend need a session policy that is too long for STS.",
  };
  return [why[refusal], `Remedy: ${FAULTS[refusal].fix}`];
}

const NOT_FOR_PEOPLE = `People use only the console, which issues no credentials.
Remedy: Grant vend to a service account that the program runs as.`;

const describePartial = (kind: 'email' | 'id'): string =>
  `Grants that name callers by ${kind === 'email' ? 'unique ID' : 'email or project'} are not included. To include them, use --caller EMAIL#ID.`;
