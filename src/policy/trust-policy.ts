// The trust policies that roles need: the first role trusts the bridge's service account, a chained role trusts the role before it,
// and a role for bulk copies trusts a Google service.
import type { Hop, Role } from '../config/types.ts';

/** The provider that is built into AWS; an IAM identity provider with the same name would override it. */
export const GOOGLE = 'accounts.google.com';

const VERSION = '2012-10-17';

export interface TrustPolicy {
  readonly Version: string;
  readonly Statement: readonly object[];
}

/** The service account whose tokens a first role trusts, and the tokens' audience. */
export interface TrustedToken {
  readonly uniqueId: string;
  readonly audience: string;
}

export const ASSUME_ROLE = 'sts:AssumeRole';

/**
 * The trust policy of the first role. AWS compares `:aud` with the token's `azp`, which service accounts' tokens have, and
 * `:oaud` with the token's `aud` (IAM user guide, "IAM and AWS STS condition context keys"). Without `:oaud`, any other service
 * that receives one of the bridge's tokens could present it to STS.
 */
export const trustPolicy = ({ uniqueId, audience }: TrustedToken): TrustPolicy =>
  trustOf({
    [`${GOOGLE}:aud`]: uniqueId,
    [`${GOOGLE}:oaud`]: audience,
    [`${GOOGLE}:sub`]: uniqueId,
  });

/** Trusts Google tokens with these claim values. */
const trustOf = (pins: Readonly<Record<string, string>>): TrustPolicy => ({
  Version: VERSION,
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: GOOGLE },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: pins },
    },
  ],
});

/**
 * The trust policy for a Google service that reads S3 with one of Google's own accounts. Storage Transfer Service has an account
 * per project, and BigQuery has an account per connection. Google documents only the `sub` of these tokens, so nothing else can
 * be pinned. `:sub` is enough, because customers cannot obtain tokens for these accounts.
 */
export const serviceTrustPolicy = (subject: string): TrustPolicy => trustOf({ [`${GOOGLE}:sub`]: subject });

interface HopTrust {
  readonly previousRoleArn: string;
  readonly externalId?: string;
  readonly tagSession: boolean;
  readonly setSourceIdentity: boolean;
}

/**
 * The trust policy of a chained role. Only the statement for `sts:AssumeRole` requires the external ID, because AWS supports that
 * key for no other action (service authorization reference, AWS STS). Other actions therefore have a separate statement, as in
 * AWS's example (IAM user guide, "Pass session tags in AWS STS").
 */
export function hopTrustPolicy({
  previousRoleArn,
  externalId,
  tagSession,
  setSourceIdentity,
}: HopTrust): TrustPolicy {
  const Principal = { AWS: previousRoleArn };
  const alsoAllowed = [
    ...(tagSession ? ['sts:TagSession'] : []),
    ...(setSourceIdentity ? ['sts:SetSourceIdentity'] : []),
  ];
  return {
    Version: VERSION,
    Statement: [
      {
        Effect: 'Allow',
        Principal,
        Action: ASSUME_ROLE,
        ...(externalId === undefined
          ? {}
          : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
      },
      ...(alsoAllowed.length > 0 ? [{ Effect: 'Allow', Principal, Action: alsoAllowed }] : []),
    ],
  };
}

/**
 * Returns the principal that a chained role must trust, and the actions that it must allow; hops are numbered from 1. AWS passes
 * on the transitive tags and the source identity of an earlier hop, and requires that every later hop allows them.
 * @returns undefined if the role has no such hop
 */
export function hopTrustOf({ arn, then }: Role, number: number): HopTrust | undefined {
  const hop = then[number - 1];
  if (hop === undefined) return undefined;
  const earlier = then.slice(0, number - 1);
  const { externalId } = hop;
  return {
    previousRoleArn: earlier.at(-1)?.arn ?? arn,
    ...(externalId === undefined ? {} : { externalId }),
    tagSession: hasTags(hop) || earlier.some(({ transitiveTags }) => transitiveTags.length > 0),
    setSourceIdentity: [...earlier, hop].some(({ sourceIdentity }) => sourceIdentity !== undefined),
  };
}

/**
 * Returns the actions that a hop needs. The trust policy of the hop's role must allow them, and so must the permissions of the
 * role before it.
 * @param number the number of the hop, starting at 1
 */
export function hopActions(role: Role, number: number): readonly string[] {
  const trust = hopTrustOf(role, number);
  return [
    ASSUME_ROLE,
    ...(trust?.tagSession === true ? ['sts:TagSession'] : []),
    ...(trust?.setSourceIdentity === true ? ['sts:SetSourceIdentity'] : []),
  ];
}

const hasTags = ({ tags, callerTags }: Hop): boolean => callerTags || Object.keys(tags).length > 0;
