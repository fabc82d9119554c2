// A bridge whose role has further hops: its YAML, the partners' roles at the sandbox, and what STS was asked, hop by hop.
import assert from 'node:assert/strict';
import type { RoleDefinition } from '../../src/sandbox/iam/roles.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import type { Wire } from './wire.ts';

/** The first role of each chain. */
export const LAKE = 'arn:aws:iam::123456789012:role/gcp-lake-read';
/** The sandbox's partner role: wants the external ID, and takes tags and a source identity. */
export const LAKE_DATA = 'arn:aws:iam::210987654321:role/lake-data';
export const TO_LAKE_DATA = `arn: "${LAKE_DATA}", externalId: 7f3c`;

/** The caller whom Google names without an e-mail; `reader` with a token in standard format. */
export const READER_ID = '112010400000000710080';

/** @param hops flow mappings, as `then` has them; all of the sandbox's bucket is open to its callers */
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
  /** Whom it trusts; the first role. */
  readonly trusts?: string;
  /** What it trusts that one to do; all that a hop may need. */
  readonly actions?: readonly string[];
  /** A Condition block of its trust. */
  readonly condition?: unknown;
  /** A further role that it may assume. */
  readonly mayAssume?: string;
}

/** A role of a partner's: may read all buckets. */
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
  /** When STS got it. */
  readonly at: string;
  /** Null while STS has not answered. */
  readonly status: number | null;
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly policy?: string;
  readonly durationSeconds: number;
  /** What a further hop sends; empty for the first one. */
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitive: readonly string[];
}

/** What STS was asked since the calls were last forgotten, in order. By then the bridge must have asked for itself. */
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

/** The call for the last hop of the chain that was walked once since the calls were last forgotten. */
export async function lastHop(wire: Wire): Promise<HopCall> {
  const call = (await hopsAtSts(wire)).at(-1);
  assert.ok(call?.action === 'AssumeRole', 'a further hop was asked for');
  return call;
}
