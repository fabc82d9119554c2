// The root module's Terraform tests pass, and their assertions can fail. The tests are evaluated without
// Terraform, which would need the providers' programs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readModule } from './modules.ts';
import { rootValues } from './sample.ts';
import { evaluatorOf, readRuns } from './test-runs.ts';
import type { Run } from './test-runs.ts';

const root = await readModule('');
const runs = await readRuns();
assert.ok(runs.length > 20);

/** @returns the messages of the assertions that fail with these variables */
async function failuresOf(run: Run, variables: Run['own']): Promise<readonly string[]> {
  const evaluate = evaluatorOf(root, run, variables);
  const failures = run.asserts.map(async ({ condition, error_message: message }) =>
    (await evaluate(condition)) === true ? [] : [message],
  );
  return (await Promise.all(failures)).flat();
}

async function failsAsExpected(run: Run, variables: Run['own']): Promise<boolean> {
  const failed = run.expected.map(async (address) => {
    const [kind, name = ''] = address.split('.');
    if (kind === 'var') return (await (await rootValues(variables)).problemsOf(name)).length > 0;
    const check = root.checks.find((one) => one.name === name);
    assert.ok(check, address);
    const [rule] = check.body['assert'] as readonly Readonly<Record<string, unknown>>[];
    return (await evaluatorOf(root, run, variables)(rule?.['condition'])) === false;
  });
  return (await Promise.all(failed)).every(Boolean);
}

describe('a run block in the Terraform tests', () => {
  for (const run of runs) {
    const title = `${run.file}: ${run.name}`;
    const variables = { ...run.common, ...run.own };
    if (run.expected.length > 0) {
      it(`fails as expected: ${title}`, async () => {
        assert.ok(await failsAsExpected(run, variables));
      });
      it(`fails only because of the values that the block sets: ${title}`, async () => {
        assert.equal(await failsAsExpected({ ...run, overridden: new Map() }, run.common), false);
      });
    } else {
      it(`passes: ${title}`, async () => {
        assert.ok(run.asserts.length > 0);
        assert.deepEqual(await failuresOf(run, variables), []);
      });
      if (Object.keys(run.own).length > 0)
        it(`fails if the block's variables are removed: ${title}`, async () => {
          const failures = await failuresOf(run, run.common).catch((error: unknown) => [String(error)]);
          assert.notDeepEqual(failures, []);
        });
    }
  }
});
