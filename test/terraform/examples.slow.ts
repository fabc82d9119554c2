// Each Terraform example can be copied out of the repository without changes. The examples with load balancers accept only TLS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parse } from '@cdktn/hcl2json';
import { META_ARGUMENTS } from './block-checks.ts';
import type { Body } from './modules.ts';
import { readModule, readModules } from './modules.ts';
import { readReadme } from './render.ts';
import { MODULE_SOURCE, readExample, rootValues, UNIQUE_ID } from './sample.ts';
import type { Variables } from './sample.ts';

const EXAMPLES = new URL('../../terraform/examples', import.meta.url).pathname;
const root = await readModule('');
const examples = (await readModules()).filter(({ path }) => path !== '');
const directory = mkdtempSync(join(tmpdir(), 'fedbridge-examples-'));
after(() => {
  rmSync(directory, { recursive: true });
});

/** The command in the README that makes an example use the module of the same clone. */
const [, CLONE = ''] = /^(sed .* > clone_override\.tf)/m.exec(readReadme()) ?? [];

describe('a Terraform example', () => {
  for (const { path, calls } of examples) {
    const name = path.replace('examples/', '');

    it(`can be copied out of the repository without changes: ${name}`, () => {
      for (const file of readdirSync(join(EXAMPLES, name))) {
        const text = readFileSync(join(EXAMPLES, name, file), 'utf8');
        assert.doesNotMatch(text, /\.\.\/|path\.(?:module|root)/, file);
      }
      for (const { body } of calls) assert.equal(body['source'], MODULE_SOURCE);
    });

    it(`uses the module in the same clone after one command: ${name}`, async () => {
      const copy = join(directory, name);
      cpSync(join(EXAMPLES, name), copy, { recursive: true });
      execFileSync('sh', ['-c', CLONE], { cwd: copy });
      const override = await parse(
        'clone_override.tf',
        readFileSync(join(copy, 'clone_override.tf'), 'utf8'),
      );
      assert.deepEqual(override, {
        module: Object.fromEntries(calls.map((call) => [call.name, [{ source: '../..' }]])),
      });
    });
  }
});

/** A load balancer accepts connections only through its forwarding rules. */
function assertOnlyTls({ resources }: { readonly resources: readonly { type: string; body: Body }[] }): void {
  const rules = resources.filter(({ type }) => type.endsWith('forwarding_rule'));
  assert.equal(rules.length, 1);
  assert.equal(rules[0]?.body['port_range'], '443');
  assert.match(String(rules[0].body['target']), /_https_proxy\./);
}

describe('the Terraform example several-regions', async () => {
  const { module, values, variables } = await readExample('several-regions', {
    module: { more: { 'us-east4': { service: 'lake-us-east4' } } },
  });

  it('has a load balancer backend for the service in each region', async () => {
    assert.deepEqual(await values.evaluate('${local.services}'), {
      'europe-west1': 'lake-bridge',
      'us-east4': 'lake-us-east4',
    });
  });

  it('uses one service account, one role and one audience in all regions', async () => {
    const more = module.calls.find(({ name }) => name === 'more');
    assert.ok(more);
    const inputs = Object.entries(more.body).filter(
      ([name]) => name !== 'source' && !META_ARGUMENTS.has(name),
    );
    const { values: withEach } = await readExample('several-regions', { each: { value: 'us-east4' } });
    const others = (await withEach.evaluate(Object.fromEntries(inputs))) as Variables;
    const there = await rootValues(others);
    for (const variable of Object.keys(others))
      assert.deepEqual(await there.problemsOf(variable), [], variable);
    const here = await rootValues(variables);
    for (const output of ['audiences', 'role_arns', 'service_account', 'trust_policy', 'read_policies'])
      assert.deepEqual(await there.output(output), await here.output(output), output);
    assert.equal(await there.output('service_account_unique_id'), UNIQUE_ID);
    assert.notEqual(others['name'], variables['name']);
  });

  it('uses an ARN that Terraform knows is not null even before the role exists', () => {
    // A template with a literal prefix is never null. Otherwise `for_each` in the other regions would depend on the apply.
    assert.match(JSON.stringify(root.locals.get('arns_created')), /arn:\$\{trimprefix\(role\.arn/);
  });

  it('accepts only TLS connections, and only through the load balancer', () => {
    assertOnlyTls(module);
    for (const { body } of module.calls) assert.equal(body['ingress'], 'internal-and-load-balancer');
    assert.deepEqual(variables['audiences'], ['https://lake-bridge.example']);
  });
});

describe('the Terraform example internal-load-balancer', async () => {
  const { module, variables } = await readExample('internal-load-balancer');

  it('accepts only TLS connections, and no connections from the internet', () => {
    assertOnlyTls(module);
    assert.equal(variables['ingress'], 'internal');
    assert.deepEqual(variables['audiences'], ['https://lake-bridge.acme.example']);
  });

  it('sets every variable of variables-company.tf, and creates none of these resources', () => {
    const company = root.variables.filter(({ file }) => file === 'variables-company.tf');
    const names = company.map(({ name }) => name).filter((name) => !name.startsWith('build_'));
    assert.deepEqual(
      names.filter((name) => !(name in variables)),
      [],
    );
  });
});
