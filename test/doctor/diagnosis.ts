// `fedbridge doctor` run beside a sandbox, and what it said, for tests that switch a fault on and want it named.
import assert from 'node:assert/strict';
import type { Examination, Outcome } from '../../src/doctor/step-report.ts';
import { SAMPLE_ROLES } from '../../src/sandbox/iam/sample-roles.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { startAsTheBridge } from '../cli/as-the-bridge.ts';
import type { AsTheBridge } from '../cli/as-the-bridge.ts';

type Variables = Readonly<Record<string, string>>;

export interface Diagnosis {
  readonly code: number | null;
  readonly outcome: Outcome;
  readonly steps: readonly Examination[];
}

/** Tokens, keys that AWS issues, and the external ID of the sample's partner. */
const SECRETS = /eyJ|ASIA|AKIA|\b7f3c\b|X-Amz-Signature/;

export interface Clinic extends AsTheBridge {
  /** `fedbridge doctor --json ARGS`, which must say nothing on standard error and no secret at all. */
  diagnose(args?: readonly string[], environment?: Variables): Promise<Diagnosis>;
  /** `--config` with a file that holds it. */
  configured(yaml: string): readonly string[];
  fault(fields: Readonly<Record<string, unknown>>): Promise<void>;
  /** No faults, right clocks, fresh tokens, the accounts and roles of the beginning. */
  heal(): Promise<void>;
}

export async function openClinic(): Promise<Clinic> {
  const here = await startAsTheBridge();
  return {
    ...here,
    diagnose: async (args = [], environment) => {
      const { code, stdout, stderr } = await here.run(['doctor', '--json', ...args], environment);
      assert.equal(stderr, '');
      assert.doesNotMatch(stdout, SECRETS);
      return { code, ...(JSON.parse(stdout) as Omit<Diagnosis, 'code'>) };
    },
    configured: (yaml) => ['--config', here.file('doctor.yaml', yaml)],
    fault: async (fields) => {
      await here.control('PUT', '/faults', fields);
    },
    heal: async () => {
      await here.control('DELETE', '/faults');
      await here.control('PUT', '/clock', { offsetSeconds: 0 });
      await here.control('PUT', '/accounts', here.contract.serviceAccount);
      await here.control('PUT', '/durations', { identityToken: null, credentials: null });
      await here.control('PUT', '/bucket-policy', { bucket: here.contract.bucket, policy: null });
      for (const role of SAMPLE_ROLES) await here.control('PUT', '/roles', role);
    },
  };
}

/** Claims that the first ✗ is of that step, and that the exit code says so. @returns it */
export function firstWrong({ code, outcome, steps }: Diagnosis, step: string): Examination {
  assert.deepEqual([code, outcome], [1, 'wrong'], JSON.stringify(steps, null, 2));
  return theFirst(steps, 'wrong', step);
}

/** As {@link firstWrong}, of the first ! where nothing is wrong. */
export function firstDoubtful({ code, outcome, steps }: Diagnosis, step: string): Examination {
  assert.deepEqual([code, outcome], [3, 'doubtful'], JSON.stringify(steps, null, 2));
  return theFirst(steps, 'doubtful', step);
}

function theFirst(steps: readonly Examination[], outcome: Outcome, step: string): Examination {
  const first = steps.find((each) => each.outcome === outcome);
  assert.equal(first?.step, step, JSON.stringify(steps, null, 2));
  assert.ok(first.fix !== undefined && !first.fix.includes('\n'), 'the fix is one line');
  return first;
}

/** The steps of one outcome. */
export const stepsThatAre = (outcome: Outcome, { steps }: Diagnosis): readonly string[] =>
  steps.filter((each) => each.outcome === outcome).map(({ step }) => step);

/** The bridge's YAML: the sandbox's role, with buckets and grants of the test's own. */
export function withGrants(
  { audience, awsAudience, region, role, bucket, callers }: SandboxContract,
  grants: readonly string[],
  { buckets = { [bucket]: '' }, more = '' }: { readonly buckets?: Variables; readonly more?: string } = {},
): string {
  return [
    `audience: ${audience}`,
    `aws: { region: ${region}, audience: ${awsAudience} }`,
    `roles: { lake: { arn: "${role}" } }`,
    'buckets:',
    ...Object.entries(buckets).map(([name, fields]) => `  ${name}: { role: lake, ${fields} }`),
    'grants:',
    ...grants.map((grant) => `  - { callers: [${callers.reader}], ${grant} }`),
    `${more}\n`,
  ].join('\n');
}

/** The trust and the permissions that the sandbox's first role has at the beginning. */
export function lakeRole(): { readonly arn: string; readonly trust: unknown; readonly permissions: unknown } {
  const [lake] = SAMPLE_ROLES;
  assert.ok(lake !== undefined);
  return lake;
}

export const policyOf = (...statements: readonly object[]): object => ({
  Version: '2012-10-17',
  Statement: statements,
});
