// Creates tokens for any number of callers, and reads the calls to STS. Each caller gets its own STS session.
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { asBearer } from './token-headers.ts';
import type { Wire } from './wire.ts';

export const READABLE = '/acme-lake/raw/public/orders.csv';

/**
 * Creates a configuration that grants all service accounts of the project access to the sandbox's bucket. @param more
 * additional lines of YAML
 */
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

/** Returns headers with a valid token for account `n` of the project; `claims` adds or replaces claims. */
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
  /** The response status; null if STS has not responded. */
  readonly status: number | null;
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly policy: string;
  readonly durationSeconds: number;
}

/** Returns the STS calls for callers, without the bridge's role probes, whose session policies allow nothing. */
export async function sessionsAtSts(wire: Wire): Promise<readonly StsCall[]> {
  const calls = (await wire.calls('sts')) as readonly unknown[] as readonly StsCall[];
  return calls.filter(({ policy }) => policy.includes('"Allow"'));
}

/** Returns the number of the bridge's requests for an identity token. */
export async function identityTokensAsked(wire: Wire): Promise<number> {
  const paths = (await wire.calls('metadata')).map(({ path }) => String(path));
  return paths.filter((path) => path.includes('/service-accounts/default/identity')).length;
}
