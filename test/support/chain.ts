// Helpers for tests of role chains: configuration, partners' roles, and the STS calls for each hop.
import assert from 'node:assert/strict';
import type { RoleDefinition } from '../../src/sandbox/iam/roles.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import type { Wire } from './wire.ts';

/** The first role of every chain. */
export const LAKE = 'arn:aws:iam::123456789012:role/gcp-lake-read';
/** A partner's role in the sandbox, which requires an external ID and accepts tags and a source identity. */
export const LAKE_DATA = 'arn:aws:iam::210987654321:role/lake-data';
export const TO_LAKE_DATA = `arn: "${LAKE_DATA}", externalId: 7f3c`;

/** The unique ID of `reader`. Tokens in standard format contain no email, so only a grant that names this ID covers them. */
export const READER_ID = '112010400000000710080';

/** @param hops YAML flow mappings for `then`. The grants allow the sandbox's callers to read its whole bucket. */
export const chained =
  (
    hops: readonly string[],
    {
      session = 'caller',
      duration = 3600,
    }: { readonly session?: 'caller' | 'bridge'; readonly duration?: number } = {},
  ) =>
  ({ audience, awsAudience, region, role, bucket }: SandboxContract): string =>
    `
audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
roles:
  lake: { arn: "${role}", duration: ${duration}s, session: ${session}, then: [${hops.map((hop) => `{ ${hop} }`).join(', ')}] }
buckets: { ${bucket}: { role: lake } }
grants: [{ callers: ["project:acme-prod", "${READER_ID}"], allow: [get, list], bucket: ${bucket} }]
`;

const HOP_ACTIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];

export interface PartnerRole {
  readonly arn: string;
  /** The principal that the role trusts; by default, the first role. */
  readonly trusts?: string;
  /** The STS actions that the role allows this principal; by default, all actions that a hop may need. */
  readonly actions?: readonly string[];
  /** The `Condition` of the trust policy's statement. */
  readonly condition?: unknown;
  /** A chained role that this role may assume. */
  readonly mayAssume?: string;
}

/** Defines a partner's role, which may read all buckets. */
export function partnerRole({
  arn,
  trusts = LAKE,
  actions = HOP_ACTIONS,
  condition,
  mayAssume,
}: PartnerRole): RoleDefinition {
  return {
    arn,
    trust: document({
      Effect: 'Allow',
      Principal: { AWS: trusts },
      Action: actions,
      ...(condition === undefined ? {} : { Condition: condition }),
    }),
    permissions: document(
      { Effect: 'Allow', Action: ['s3:GetObject*', 's3:ListBucket*'], Resource: 'arn:aws:s3:::*' },
      ...(mayAssume === undefined ? [] : [{ Effect: 'Allow', Action: HOP_ACTIONS, Resource: mayAssume }]),
    ),
  };
}

const document = (...statements: readonly unknown[]): unknown => ({
  Version: '2012-10-17',
  Statement: statements,
});

export interface HopCall {
  readonly action: string;
  /** The time of the STS request. */
  readonly at: string;
  /** The response status; null if STS has not responded. */
  readonly status: number | null;
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly policy?: string;
  readonly durationSeconds: number;
  /** This field and the following fields are set only for the hops of `then`. */
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitive: readonly string[];
}

/**
 * Returns the STS calls since the call log was last cleared, in order. The bridge must have finished its role probes before the
 * log was cleared.
 */
export async function hopsAtSts(wire: Wire): Promise<readonly HopCall[]> {
  return (await wire.calls('sts')).map((call) => {
    const { chain = {}, ...rest } = call as unknown as Omit<HopCall, 'tags' | 'transitive'> & {
      readonly chain?: Readonly<Record<string, string>>;
    };
    const listed = (form: RegExp): string[] =>
      Object.entries(chain)
        .filter(([name]) => form.test(name))
        .map(([, value]) => value);
    const values = listed(/^Tags\.member\.\d+\.Value$/);
    return {
      ...rest,
      ...(chain['ExternalId'] === undefined ? {} : { externalId: chain['ExternalId'] }),
      ...(chain['SourceIdentity'] === undefined ? {} : { sourceIdentity: chain['SourceIdentity'] }),
      tags: Object.fromEntries(listed(/^Tags\.member\.\d+\.Key$/).map((key, i) => [key, values[i] ?? ''])),
      transitive: listed(/^TransitiveTagKeys\./),
    };
  });
}

/**
 * Returns the STS call for the last hop of a chain. The chain must have been assumed once since the call log was last cleared.
 */
export async function lastHop(wire: Wire): Promise<HopCall> {
  const call = (await hopsAtSts(wire)).at(-1);
  assert.ok(call?.action === 'AssumeRole', 'STS was called for a chained role');
  return call;
}
