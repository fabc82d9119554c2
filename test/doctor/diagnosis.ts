// Runs `fedbridge doctor` against a sandbox in which a test has injected a fault.
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

/** Matches tokens, AWS access keys, and the external ID in the sample configuration. */
const SECRETS = /eyJ|ASIA|AKIA|\b7f3c\b|X-Amz-Signature/;

export interface Clinic extends AsTheBridge {
  /** Runs `fedbridge doctor --json ARGS`, which must print nothing to standard error, and no secrets. */
  diagnose(args?: readonly string[], environment?: Variables): Promise<Diagnosis>;
  /** Writes the YAML to a file. @returns the `--config` arguments */
  configured(yaml: string): readonly string[];
  fault(fields: Readonly<Record<string, unknown>>): Promise<void>;
  /** Restores the initial state: no faults, correct clocks, fresh tokens, the original accounts and roles. */
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

/** Asserts that the first ✗ belongs to the step, and that the exit code matches. @returns the step with this ✗ */
export function firstWrong({ code, outcome, steps }: Diagnosis, step: string): Examination {
  assert.deepEqual([code, outcome], [1, 'wrong'], JSON.stringify(steps, null, 2));
  return theFirst(steps, 'wrong', step);
}

/** Like {@link firstWrong}, but for the first ! in a diagnosis without ✗. */
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

/** The names of the steps with the given outcome. */
export const stepsThatAre = (outcome: Outcome, { steps }: Diagnosis): readonly string[] =>
  steps.filter((each) => each.outcome === outcome).map(({ step }) => step);

/** @returns the bridge's YAML: the sandbox's role with the test's buckets and grants */
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

/** The initial trust policy and permissions of the sandbox's first role. */
export function lakeRole(): { readonly arn: string; readonly trust: unknown; readonly permissions: unknown } {
  const [lake] = SAMPLE_ROLES;
  assert.ok(lake !== undefined);
  return lake;
}

export const policyOf = (...statements: readonly object[]): object => ({
  Version: '2012-10-17',
  Statement: statements,
});
