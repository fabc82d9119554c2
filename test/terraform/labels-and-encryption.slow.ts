// Everything that the module creates has the labels in `labels`, and everything that it stores is encrypted with `encryption_key`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { creations } from './created.ts';
import { readModule } from './modules.ts';
import type { Block, Body } from './modules.ts';
import { readSchemas } from './provider-schema.ts';
import { FIVE } from './sample.ts';
import type { Variables } from './sample.ts';
import { SIDECAR_IMAGE } from './wrong-telemetry.ts';
import { deliveryOf, DIGEST, KEY } from './wrong-values.ts';

const root = await readModule('');
const { resources: schemas } = readSchemas();

const AGENT = 'serviceAccount:service-123456789012@';
/** Everything that the module can create in Google Cloud. */
const ALL: Variables = {
  ...FIVE,
  config_in: 'secret',
  egress_cidr: '10.8.0.0/26',
  ingress: 'all',
  console: {},
  delivery: deliveryOf({}),
  prometheus_sidecar: { image: SIDECAR_IMAGE },
};
/** Attributes of resources that other resources refer to. */
const MORE: Variables = Object.fromEntries(
  Object.entries(Object.groupBy(root.resources, ({ type }) => type) as Record<string, Block[]>).map(
    ([type, blocks]) => [
      type,
      Object.fromEntries(
        blocks.map(({ name, body }) => {
          const one = {
            id: name,
            name,
            email: name,
            member: name,
            self_link: name,
            secret_id: name,
            unique_id: '1',
          };
          const all = { ...one, repository_id: name, version: '1' };
          return [name, 'count' in body ? [all] : all];
        }),
      ),
    ],
  ),
);

describe('the labels in the variable `labels`', () => {
  it('are set on every resource that can have labels, and on the revisions of the service', async () => {
    const labels = { cost_center: 'data-42' };
    let checked = 0;
    for (const block of root.resources) {
      const attributes = schemas[block.type]?.attributes ?? {};
      const name = ['labels', 'user_labels'].find((one) => one in attributes);
      if (name === undefined) continue;
      const found = await creations(root, { ...ALL, labels }, MORE)(block);
      assert.ok(found.length > 0, block.address);
      for (const one of found) assert.deepEqual(one[name], labels, `${block.address} ${name}`);
      checked += 1;
      const [template] = (found[0]?.['template'] ?? []) as Body[];
      if (template !== undefined) assert.deepEqual(template['labels'], labels);
    }
    assert.ok(checked >= 8, 'the schema shows which resources can have labels');
  });
});

describe('the key in the variable `encryption_key`', () => {
  const variables = { ...ALL, encryption_key: KEY };
  /** How the key is written in each type that can be encrypted with one, from the providers' schema. */
  const keysIn = (value: unknown): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([name, inner]) =>
          /^(?:default_)?kms_key_name$|^encryption_key$/.test(name) ? [String(inner)] : keysIn(inner),
        );

  it('encrypts everything that the module stores', async () => {
    const encrypted = root.resources.filter(({ type }) =>
      [
        'google_artifact_registry_repository',
        'google_cloud_run_v2_service',
        'google_secret_manager_secret',
        'google_storage_bucket',
      ].includes(type),
    );
    assert.equal(encrypted.length, 8);
    for (const block of encrypted) {
      const [found] = await creations(root, variables, MORE)(block);
      assert.deepEqual(keysIn(found), [KEY], block.address);
      const [plain] = await creations(root, ALL, MORE)(block);
      assert.deepEqual(
        keysIn(plain).filter((key) => key !== 'null'),
        [],
        block.address,
      );
    }
  });

  it('may be used by exactly the service agents that store data', async () => {
    const block = root.resources.find(({ type }) => type === 'google_kms_crypto_key_iam_member');
    assert.ok(block);
    const created = (some: Variables): Promise<Body[]> => creations(root, some)(block);
    const membersOf = async (some: Variables): Promise<unknown[]> =>
      (await created(some)).map(({ crypto_key_id: key, member }) => {
        assert.equal(key, KEY);
        return String(member).replace(AGENT, '').split('.')[0];
      });
    assert.deepEqual((await membersOf(variables)).sort(), [
      'gcp-sa-artifactregistry',
      'gcp-sa-secretmanager',
      'gs-project-accounts',
      'serverless-robot-prod',
    ]);
    assert.deepEqual(
      await membersOf({ ...FIVE, encryption_key: KEY, image: `registry.example/fedbridge@${DIGEST}` }),
      ['serverless-robot-prod'],
    );
    assert.deepEqual(await membersOf({ ...variables, grant_service_agents: false }), []);
  });
});
