// Callers as many as a test needs, each with a session of its own at STS, and what STS was asked for them.
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { asBearer } from './token-headers.ts';
import type { Wire } from './wire.ts';

export const READABLE = '/acme-lake/raw/public/orders.csv';

/** The sandbox's bucket and role, open to each account of the project. @param more further lines of YAML */
export const openToProject =
  (more = '') =>
  ({ audience, awsAudience, region, role, bucket }: SandboxContract): string =>
    `
audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
roles: { lake: { arn: "${role}" } }
buckets: { ${bucket}: { role: lake } }
grants: [{ callers: ["project:acme-prod"], allow: [get, list], bucket: ${bucket} }]
${more}`;

/** The headers of account `n` of the project, as Google would sign its token; `claims` are more or others. */
export function asAccount(
  wire: Wire,
  n: number,
  claims: Readonly<Record<string, unknown>> = {},
): Record<string, string> {
  const [name, uniqueId] = [`job-${n}`, `1100000000000000${String(n).padStart(5, '0')}`];
  return asBearer(
    wire.sandbox.mint({
      aud: wire.sandbox.contract.audience,
      azp: uniqueId,
      sub: uniqueId,
      email: `${name}@acme-prod.iam.gserviceaccount.com`,
      email_verified: true,
      ...claims,
    }),
  );
}

export interface StsCall {
  readonly at: string;
  /** Null while STS has not answered. */
  readonly status: number | null;
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly policy: string;
  readonly durationSeconds: number;
}

/** STS calls for callers, without those for sessions that allow nothing, which show the bridge whether it is ready. */
export async function sessionsAtSts(wire: Wire): Promise<readonly StsCall[]> {
  const calls = (await wire.calls('sts')) as readonly unknown[] as readonly StsCall[];
  return calls.filter(({ policy }) => policy.includes('"Allow"'));
}

/** How often the bridge asked the metadata server for the token that it presents. */
export async function identityTokensAsked(wire: Wire): Promise<number> {
  const paths = (await wire.calls('metadata')).map(({ path }) => String(path));
  return paths.filter((path) => path.includes('/service-accounts/default/identity')).length;
}
