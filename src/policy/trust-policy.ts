// The trust policies that roles need: the first one's for our service account's tokens, a further hop's for the role before it.
import type { Hop, Role } from '../config/types.ts';

/** The provider that AWS has built in; an IAM identity provider of the same name would take its place. */
export const GOOGLE = 'accounts.google.com';

const VERSION = '2012-10-17';

export interface TrustPolicy {
  readonly Version: string;
  readonly Statement: readonly object[];
}

/** The service account whose tokens a first role trusts, and their audience. */
export interface TrustedToken {
  readonly uniqueId: string;
  readonly audience: string;
}

export const ASSUME_ROLE = 'sts:AssumeRole';

/**
 * Of the first role. AWS compares `:aud` with the token's `azp` where it has one, as tokens of service accounts do, and `:oaud`
 * with its `aud` (IAM user guide, "IAM and AWS STS condition context keys"). Without `:oaud` whoever is shown a token of ours
 * for another service could show it to STS.
 */
export function trustPolicy({ uniqueId, audience }: TrustedToken): TrustPolicy {
  return {
    Version: VERSION,
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: GOOGLE },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${GOOGLE}:aud`]: uniqueId,
            [`${GOOGLE}:oaud`]: audience,
            [`${GOOGLE}:sub`]: uniqueId,
          },
        },
      },
    ],
  };
}

interface HopTrust {
  readonly previousRoleArn: string;
  readonly externalId?: string;
  readonly tagSession: boolean;
  readonly setSourceIdentity: boolean;
}

/**
 * Of a further hop. The external ID is asked of `sts:AssumeRole` alone, as AWS knows the key for no other action (service
 * authorization reference, AWS STS) and its own example has two statements (IAM user guide, "Pass session tags in AWS STS").
 */
export function hopTrustPolicy({
  previousRoleArn,
  externalId,
  tagSession,
  setSourceIdentity,
}: HopTrust): TrustPolicy {
  const Principal = { AWS: previousRoleArn };
  const along = [
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
      ...(along.length > 0 ? [{ Effect: 'Allow', Principal, Action: along }] : []),
    ],
  };
}

/**
 * What the role of a further hop must trust; hops are numbered from 1. Transitive tags and the source identity of an earlier
 * hop come along, and AWS wants them allowed on every later one.
 * @returns undefined where the role has no such hop
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
 * The actions that both sides of a hop must allow: its own trust policy, and the permissions of the role before it.
 * @param number of the hop, from 1
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
