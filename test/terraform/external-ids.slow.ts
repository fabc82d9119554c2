// No external ID is visible in a plan, an output, a variable, or a resource argument that other users may view.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moduleValues } from './module-values.ts';
import type { ModuleValues } from './module-values.ts';
import { bodiesOf, readModules } from './modules.ts';
import type { Module } from './modules.ts';
import { referencesOfModule } from './references.ts';
import { FIVE, rootStandIns, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';

const modules = await readModules();
const [root, ...examples] = modules;
assert.equal(root?.path, '');

const EXTERNAL_ID = 'canary-7f3c';
const HOP = { arn: 'arn:aws:iam::210987654321:role/lake-data', external_id: EXTERNAL_ID };
const WITH_HOP: Variables = { ...FIVE, roles: { lake: { then: [HOP] } } };
const isSensitive = ({ body }: Module['outputs'][number]): boolean => body['sensitive'] === true;

/**
 * @returns the module as a plan shows it; `null` stands in for values that the plan hides because they are passed through
 * `sensitive`
 */
const shown = (module: Module): Module => ({
  ...module,
  locals: new Map(
    [...module.locals].map(([name, value]) => [
      name,
      JSON.parse(JSON.stringify(value).replaceAll(/\bsensitive\(\w+\)/g, 'null')) as unknown,
    ]),
  ),
});

/** @returns the blocks that use a value, directly or through local values @param value `local.NAME` or `module.NAME.OUTPUT` */
async function reachedFrom(module: Module, value: string): Promise<string[]> {
  const found = await referencesOfModule(module);
  const locals = new Set([value]);
  const blocks = new Set<string>();
  for (let before = 0; before !== locals.size;) {
    before = locals.size;
    for (const { where, reference } of found)
      if (locals.has(reference.slice(0, reference[0] === 'module' ? 3 : 2).join('.')))
        (where.startsWith('local.') ? locals : blocks).add(where.replace(/^.*, /, ''));
  }
  return [...blocks].sort();
}

/** The value of FEDBRIDGE_CONFIG. */
async function serviceEnvironment(values: ModuleValues): Promise<string> {
  const service = root?.resources.find(({ address }) => address === 'google_cloud_run_v2_service.bridge');
  const [template] = bodiesOf(service?.body['template']);
  const [container] = bodiesOf(template?.['containers']);
  const config = bodiesOf(container?.['env']).find(({ name }) => name === 'FEDBRIDGE_CONFIG');
  assert.ok(config);
  return String(await values.evaluate(config['value']));
}

describe('an external ID in the Terraform files', () => {
  it('appears only in sensitive outputs', async () => {
    const values = await rootValues(WITH_HOP);
    assert.ok(String(await values.output('config')).includes(EXTERNAL_ID));
    assert.deepEqual(
      root.outputs.filter(isSensitive).map(({ name }) => name),
      ['config'],
    );
    const reached = await reachedFrom(root, 'local.config_hops');
    assert.deepEqual(
      reached.filter((where) => where.startsWith('output.')),
      ['output.config'],
    );
    for (const example of examples) {
      const showing = await reachedFrom(example, 'module.bridge.config');
      for (const output of example.outputs)
        assert.equal(
          isSensitive(output),
          showing.includes(output.address),
          `${example.path}: ${output.name}`,
        );
    }
  });

  it('is hidden in plans wherever the configuration is used', async () => {
    const values = moduleValues(shown(root), WITH_HOP, rootStandIns(WITH_HOP));
    const config = String(await values.output('config'));
    assert.match(config, /lake-data/);
    assert.ok(!config.includes(EXTERNAL_ID));
    // Only `config_hops` uses the external ID, so only its value must be sensitive.
    const users = [...root.locals].filter(([, value]) => JSON.stringify(value).includes('external_id'));
    assert.deepEqual(
      users.map(([name]) => name),
      ['config_hops'],
    );
    for (const { address, body } of [...root.resources, ...root.outputs])
      assert.ok(!JSON.stringify(body).includes('external_id'), address);
  });

  it("is stored in a Secret Manager secret, and in the services' environment only if config_in is environment", async () => {
    assert.deepEqual(await reachedFrom(root, 'local.config_hops'), [
      'google_cloud_run_v2_service.bridge',
      'google_cloud_run_v2_service.console',
      'google_secret_manager_secret_version.config',
      'output.config',
    ]);
    const path = '/etc/fedbridge/config.yaml';
    assert.equal(await serviceEnvironment(await rootValues(WITH_HOP)), path);
    assert.equal(await serviceEnvironment(await rootValues({ ...FIVE, config_in: 'secret' })), path);
    const plain = await rootValues(FIVE);
    assert.equal(await serviceEnvironment(plain), await plain.output('config'));
    const requested = await rootValues({ ...WITH_HOP, config_in: 'environment' });
    assert.ok((await serviceEnvironment(requested)).includes(EXTERNAL_ID));
  });

  it('is a sensitive variable in the example that declares it', () => {
    const variables = examples
      .flatMap((module) => module.variables)
      .filter(({ name }) => name === 'external_id');
    assert.equal(variables.length, 1);
    for (const { body } of variables) assert.equal(body['sensitive'], true);
  });
});
