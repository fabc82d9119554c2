// The AWS roles in the Terraform files have the trust policy that `fedbridge trust-policy` prints, and the files
// create no identity provider.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fedbridge } from './fedbridge.ts';
import { readModules, readSubmodules } from './modules.ts';
import { FIVE, readExample, rootValues, UNIQUE_ID } from './sample.ts';

const directory = mkdtempSync(join(tmpdir(), 'fedbridge-terraform-'));
after(() => {
  rmSync(directory, { recursive: true });
});

function printed(...args: readonly string[]): unknown {
  const { status, stdout, stderr } = fedbridge('trust-policy', ...args);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe("a role's trust policy in the Terraform files", () => {
  for (const audience of ['fedbridge', 'lake']) {
    it(`equals the output of \`fedbridge trust-policy\` for the audience ${audience}`, async () => {
      const root = await rootValues({ ...FIVE, sts_audience: audience });
      assert.deepEqual(
        JSON.parse(String(await root.output('trust_policy'))),
        printed('--unique-id', UNIQUE_ID, '--audience', audience),
      );
    });
  }
  it("equals the output of `fedbridge trust-policy` for a later role in the example's chain", async () => {
    const { module, values } = await readExample('second-hop-role');
    const owner = module.resources.find(({ address }) => address === 'aws_iam_role.owner');
    const file = join(directory, 'config.yaml');
    writeFileSync(file, String(await values.evaluate('${module.bridge.config}')));
    assert.deepEqual(
      JSON.parse(String(await values.evaluate(owner?.body['assume_role_policy']))),
      printed('--config', file, 'lake', '--hop', '1'),
    );
  });
});

describe('the Terraform files', () => {
  it("do not register an identity provider, because it would replace AWS's built-in one", async () => {
    const modules = [...(await readModules()), ...(await readSubmodules())];
    const types = modules.flatMap(({ resources }) => resources.map(({ type }) => type));
    assert.ok(types.includes('aws_iam_role'));
    assert.ok(!types.includes('aws_iam_openid_connect_provider'));
  });
  it("give every role in the root module the bridge's trust policy", async () => {
    const [root] = await readModules();
    const roles = root?.resources.filter(({ type }) => type === 'aws_iam_role') ?? [];
    assert.deepEqual(
      roles.map(({ body }) => body['assume_role_policy']),
      ['${local.trust_policy}'],
    );
  });
});
