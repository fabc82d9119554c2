// Tests for problems that only a real apply would show: wrong order, permissions that take effect late, failed revisions, and
// Cloud Run's own rules.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { STAGES, textsOf } from '../deploy/dockerfile.ts';
import { creations } from './created.ts';
import { moduleValues } from './module-values.ts';
import { bodiesOf, HCL_FILES, readModule, readModules } from './modules.ts';
import type { Body, Module } from './modules.ts';
import { readSchemas } from './provider-schema.ts';
import { referencesOfModule } from './references.ts';
import { FIVE, rootStandIns } from './sample.ts';
import type { Variables } from './sample.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const modules = await readModules();
const root = await readModule('');
const schemas = readSchemas();
const IMAGE = `registry.example/fedbridge@sha256:${'0'.repeat(64)}`;

/** @returns everything that each block and local value depends on, directly or not, by address */
async function dependenciesOf(module: Module): Promise<(address: string) => ReadonlySet<string>> {
  const direct = new Map<string, Set<string>>();
  for (const { where, reference } of await referencesOfModule(module)) {
    const from = where.replace(/^.*, /, '');
    const to = reference.slice(0, reference[0] === 'data' ? 3 : 2).join('.');
    direct.set(from, (direct.get(from) ?? new Set()).add(to));
  }
  return (address) => {
    const reached = new Set<string>();
    for (const todo = [address]; todo.length > 0;)
      for (const next of direct.get(todo.pop() ?? '') ?? [])
        if (!reached.has(next)) {
          reached.add(next);
          todo.push(next);
        }
    return reached;
  };
}

async function service(variables: Variables): Promise<Body> {
  const block = root.resources.find(({ address }) => address === 'google_cloud_run_v2_service.bridge');
  assert.ok(block);
  const [found] = await creations(root, { ...FIVE, image: IMAGE, ...variables })(block);
  assert.ok(found);
  return found;
}

describe('at the first terraform apply', () => {
  it('every Google resource waits until the APIs have been enabled for a while', async () => {
    const dependencies = await dependenciesOf(root);
    const waiting = root.resources.filter(
      ({ type }) => type.startsWith('google_') && type !== 'google_project_service',
    );
    for (const { address } of waiting) assert.ok(dependencies(address).has('time_sleep.apis'), address);
    assert.ok(dependencies('time_sleep.apis').has('google_project_service.used'));
  });

  it('the service waits until every permission that its revision needs has taken effect', async () => {
    const dependencies = await dependenciesOf(root);
    assert.ok(dependencies('google_cloud_run_v2_service.bridge').has('time_sleep.permissions'));
    // The other permissions are for builds, for callers of the service, and for later deployments.
    const others = /\.(?:builder|builder_logs|console|deployer|delivery_logs|invoker|tester)$/;
    const needed = root.resources.filter(
      ({ type, address }) => type.endsWith('_iam_member') && !others.test(address),
    );
    assert.equal(needed.length, 8);
    for (const { address } of [...needed, { address: 'google_project_service_identity.agents' }])
      assert.ok(dependencies('time_sleep.permissions').has(address), address);
  });

  it('everything that is encrypted waits until the service agents can use the key', async () => {
    const dependencies = await dependenciesOf(root);
    for (const { address, body } of root.resources)
      if (JSON.stringify(body).includes('kms_key_name'))
        assert.ok(dependencies(address).has('time_sleep.encryption'), address);
    assert.ok(dependencies('time_sleep.permissions').has('time_sleep.encryption'));
  });

  it('the Compute Engine resources in the examples wait for the module or for the API', async () => {
    for (const module of modules.filter(
      ({ path }) => !['', 'examples/internal-load-balancer'].includes(path),
    )) {
      const dependencies = await dependenciesOf(module);
      for (const { address, type } of module.resources)
        if (type.startsWith('google_compute_'))
          assert.ok(dependencies(address).has('module.bridge'), `${module.path}: ${address}`);
    }
  });

  it('the service can be deleted if its revision fails, and every example can protect it later', () => {
    const [protection] = root.variables.filter(({ name }) => name === 'deletion_protection');
    assert.equal(protection?.body['default'], false);
    for (const { path, calls, variables } of modules.filter((module) => module.path !== '')) {
      for (const { address, body } of calls) assert.ok('deletion_protection' in body, `${path}: ${address}`);
      if (variables.length > 0)
        assert.ok(
          variables.some(({ name }) => name === 'deletion_protection'),
          path,
        );
    }
    const readme = readFileSync(`${ROOT}terraform/README.md`, 'utf8');
    assert.match(readme, /terraform untaint 'module\.bridge\.google_cloud_run_v2_service\.bridge'/);
  });
});

describe('a Cloud Run revision that failed', () => {
  for (const [service, name, standIns] of [
    ['bridge', 'latest_revision', (attributes: Variables) => ({ bridge: attributes })],
    ['console', 'latest_console_revision', (attributes: Variables) => ({ console: [attributes] })],
  ] as const)
    it(`of the ${service} is reported by every later terraform plan, until a revision is ready`, async () => {
      const [rule] = bodiesOf(root.checks.find((one) => one.name === name)?.body['assert']);
      const passes = (attributes: Variables): Promise<unknown> => {
        const services = { google_cloud_run_v2_service: standIns(attributes) };
        return moduleValues(root, FIVE, { ...rootStandIns(FIVE), ...services }).evaluate(rule?.['condition']);
      };
      const ready = { latest_created_revision: 'a-2', latest_ready_revision: 'a-2' };
      assert.equal(await passes({ ...ready, terminal_condition: [{ state: 'CONDITION_SUCCEEDED' }] }), true);
      assert.equal(await passes({ ...ready, terminal_condition: [{ state: 'CONDITION_FAILED' }] }), false);
      assert.equal(await passes({ ...ready, latest_ready_revision: 'a-1', terminal_condition: [] }), false);
    });
});

describe('a Cloud Run service in the Terraform files', () => {
  it('ignores the fields that gcloud changes', () => {
    const services = root.resources.filter(({ type }) => type === 'google_cloud_run_v2_service');
    const fields = ['${client}', '${client_version}', '${template[0].labels["client.knative.dev/nonce"]}'];
    assert.deepEqual(
      services.map(({ body }) => bodiesOf(body['lifecycle'])[0]?.['ignore_changes']),
      [fields, fields],
    );
  });

  it("mounts a bucket that the image's user can write to", async () => {
    const [user = ''] = textsOf(STAGES[1], 'USER');
    const [uid, gid] = user.split(':');
    for (const [read_only, options] of [
      [false, [`uid=${uid}`, `gid=${gid}`]],
      [true, null],
    ] as const) {
      const volume = { bucket: 'x', mount_path: '/mnt/x', read_only };
      const [template] = (await service({ volume }))['template'] as Body[];
      const [{ gcs } = {}] = template?.['volumes'] as Body[];
      assert.deepEqual((gcs as Body[])[0]?.['mount_options'], options);
    }
  });
});

describe("Terraform's build of the first image", () => {
  it('runs in the region in build_region, and pulls the Node image from a mirror', async () => {
    const block = root.resources.find(({ address }) => address === 'terraform_data.first_image');
    const [provisioner] = bodiesOf((block?.body['provisioner'] as Body)['local-exec']);
    assert.match(String(provisioner?.['command']), /gcloud builds submit .* --region "\$REGION" /);
    const environmentOf = async (variables: Variables): Promise<Body> =>
      (await moduleValues(
        root,
        { ...FIVE, ...variables },
        {
          ...rootStandIns(FIVE),
          google_service_account: { builder: [{ email: 'builder' }] },
          google_storage_bucket: { build: [{ name: 'build' }] },
        },
      ).evaluate(provisioner?.['environment'])) as Body;
    assert.equal((await environmentOf({}))['REGION'], 'europe-west1');
    const other = await environmentOf({ build_region: 'us-central1' });
    assert.equal(other['REGION'], 'us-central1');
    assert.equal(other['NODE_IMAGE'], 'mirror.gcr.io/library/node:26-slim');
  });

  it('is in the same region as the triggers of `delivery`', () => {
    for (const { type, address, body } of root.resources)
      if (type === 'google_cloudbuild_trigger')
        assert.equal(body['location'], '${local.build_region}', address);
  });
});

describe('an expression in the Terraform files', () => {
  /** @returns the name of a set of blocks that the expression indexes, if there is one */
  const indexedSet = (type: string, steps: string): string | undefined => {
    let at = schemas.resources[type];
    for (const [, name = '', index] of steps.matchAll(/\.(\w+)(\[\d+\])?/g)) {
      const block: (typeof at & { readonly set?: boolean }) | undefined = at?.blocks[name];
      if (block?.set === true && index !== undefined) return name;
      at = block;
    }
    return undefined;
  };

  it('never indexes a set, because a set has no order', () => {
    assert.equal(indexedSet('google_cloud_run_v2_service', '.template[0].containers[0].env[0].value'), 'env');
    for (const file of HCL_FILES)
      for (const [expression, type = '', steps = ''] of readFileSync(file, 'utf8').matchAll(
        /\b((?:google|aws)_\w+)\.\w+((?:\.\w+(?:\[\d+\])?)+)/g,
      ))
        assert.equal(indexedSet(type, steps), undefined, `${relative(ROOT, file)}: ${expression}`);
  });
});
