// Tests the values that the two Cloud Build triggers pass to the build files, and the permissions of the accounts that run the
// builds.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { DEPLOY_BUILD, TEST_BUILD } from '../deploy/build.ts';
import type { BuildFile } from '../deploy/build.ts';
import { creations } from './created.ts';
import { moduleValues } from './module-values.ts';
import { readModule } from './modules.ts';
import type { Block, Body } from './modules.ts';
import { FIVE, rootValues, UNIQUE_ID } from './sample.ts';
import type { Variables } from './sample.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const REPOSITORY = 'projects/acme-prod/locations/europe-west1/connections/github/repositories/fedbridge';
const DELIVERY = {
  repository: REPOSITORY,
  source_url: 'https://git.example/fedbridge',
  node_image: `node@${DIGEST}`,
  docker_image: `builders.example/docker@${DIGEST}`,
  gcloud_image: `builders.example/google-cloud-cli@${DIGEST}`,
  probe_bucket: 'acme-lake',
  probe_key: 'probe/healthz',
};
const WITH: Variables = { ...FIVE, delivery: DELIVERY, ingress: 'all' };
const EMAIL = 'fedbridge-deploy@acme-prod.iam.gserviceaccount.com';
const root = await readModule('');

/** The attributes that Terraform returns for a service account with this ID. */
const account = (id: string): object => {
  const email = `${id}@acme-prod.iam.gserviceaccount.com`;
  const name = `projects/acme-prod/serviceAccounts/${email}`;
  return { id: name, name, email, member: `serviceAccount:${email}`, unique_id: UNIQUE_ID };
};
const ACCOUNTS = ['builder', 'tester', 'deployer', 'stranger'];
const STAND_INS: Variables = {
  google_service_account: {
    bridge: [account('fedbridge')],
    ...Object.fromEntries(ACCOUNTS.map((name) => [name, [account(name)]])),
  },
  google_artifact_registry_repository: {
    images: [{ repository_id: 'fedbridge' }],
    candidates: [{ repository_id: 'fedbridge-candidates' }],
  },
  google_storage_bucket: { artifacts: [{ name: 'sbom' }], build: [{ name: 'source' }] },
  google_cloud_run_v2_service: { bridge: { name: 'service' }, console: [] },
};

const created = (block: Block, variables = WITH): Promise<Body[]> =>
  creations(root, variables, STAND_INS)(block);

async function onlyOne(address: string): Promise<Variables> {
  const block = root.resources.find((one) => one.address === address);
  assert.ok(block, address);
  const [first, ...others] = await created(block);
  assert.ok(first !== undefined && others.length === 0, address);
  return first;
}

/** Every role that the Terraform files grant this account, as "ROLE on RESOURCE". */
async function rightsOf(name: string): Promise<string[]> {
  const bindings = root.resources.filter(({ type }) => type.endsWith('_iam_member'));
  const all = (await Promise.all(bindings.map((block) => created(block)))).flat();
  return all
    .filter(({ member }) => member === `serviceAccount:${name}@acme-prod.iam.gserviceaccount.com`)
    .map(({ role, bucket, repository, name: service, service_account_id: id = '', project }) => {
      const on = bucket ?? repository ?? service ?? (id === '' ? project : /([^/@]+)@/.exec(String(id))?.[1]);
      return `${String(role)} on ${String(on)}`;
    })
    .sort();
}

/** The roles that the comment in a build file lists for its account, except those for manual runs. */
function rolesIn({ text }: BuildFile): string[] {
  const [, needs = ''] = /^# (_\w+ needs.*\n(?:# .*\n)*)/m.exec(text) ?? [];
  const [always = ''] = needs.replaceAll(/\n# /g, ' ').split(/for manual (?:builds|deployments), /);
  return [...new Set([...always.matchAll(/roles\/[\w.]+/g)].map(([role]) => role))].sort();
}

describe('the service account that runs the tests', () => {
  it('can push only candidates and their SBOMs', async () => {
    const rights = await rightsOf('tester');
    assert.deepEqual(rights, [
      'roles/artifactregistry.writer on fedbridge-candidates',
      'roles/logging.logWriter on acme-prod',
      'roles/storage.objectUser on sbom',
    ]);
    assert.deepEqual(rolesIn(TEST_BUILD), [...new Set(rights.map((right) => right.split(' ')[0]))].sort());
  });
});

describe('the service account that deploys', () => {
  it('has only the roles that its build needs, on only the resources that it deploys or uses', async () => {
    const rights = await rightsOf('deployer');
    assert.deepEqual(rights, [
      'roles/artifactregistry.reader on fedbridge-candidates',
      'roles/artifactregistry.writer on fedbridge',
      'roles/iam.serviceAccountOpenIdTokenCreator on deployer',
      'roles/iam.serviceAccountOpenIdTokenCreator on stranger',
      'roles/iam.serviceAccountUser on fedbridge',
      'roles/logging.logWriter on acme-prod',
      'roles/run.developer on service',
    ]);
    // If Cloud Run checks invokers, this account may invoke the service, because it is one of the callers.
    const roles = new Set([...rights.map((right) => right.split(' ')[0] ?? ''), 'roles/run.invoker']);
    assert.deepEqual(rolesIn(DEPLOY_BUILD), [...roles].sort());
    const values = moduleValues(root, WITH, STAND_INS);
    assert.ok(((await values.local('caller_emails')) as string[]).includes(EMAIL));
  });

  it('can read only the probe object through the bridge, and the stranger account can read nothing', async () => {
    const values = await rootValues(WITH);
    const { grants } = readConfigDocument(String(await values.output('config')));
    assert.deepEqual(
      grants.slice(1).map(({ callers, allow, scope }) => [callers, allow, scope]),
      [[[{ kind: 'email', email: EMAIL }], ['get'], { kind: 'key', key: 'probe/healthz' }]],
    );
    assert.match(JSON.stringify(await values.output('read_policies')), /probe\/healthz/);
    assert.deepEqual(await rightsOf('stranger'), []);
  });
});

describe('the Cloud Build trigger', () => {
  for (const [name, { build, name: file }, more] of [
    ['test', TEST_BUILD, []],
    ['deploy', DEPLOY_BUILD, ['_ACTION', '_TAG']],
  ] as const) {
    it(`${name} sets every substitution in ${file} and runs as its own account`, async () => {
      const { substitutions, service_account: runsAs } = await onlyOne(`google_cloudbuild_trigger.${name}`);
      const set = substitutions as Record<string, string>;
      assert.deepEqual(Object.keys(set).sort(), [...Object.keys(build.substitutions), ...more].sort());
      const email = set['_BUILDER'] ?? set['_DEPLOYER'];
      assert.equal(runsAs, `projects/acme-prod/serviceAccounts/${email}`);
      assert.equal(email, `${name}er@acme-prod.iam.gserviceaccount.com`);
    });
  }

  it('`deploy` starts on the last tag that a candidate gets, deploys its digest, and waits for manual approval', async () => {
    const body = await onlyOne('google_cloudbuild_trigger.deploy');
    const { substitutions, filter, approval_config: approval } = body;
    const { substitutions: tested } = await onlyOne('google_cloudbuild_trigger.test');
    const image = (tested as Variables)['_IMAGE'];
    assert.equal(filter, `_ACTION == "INSERT" && _TAG == "${String(image)}:tested"`);
    assert.match(TEST_BUILD.text, /docker push "\$\$IMAGE:tested"$/m);
    const { _CANDIDATE: candidate, _CANDIDATES: candidates } = substitutions as Variables;
    assert.deepEqual([candidate, candidates], ['$(body.message.data.digest)', image]);
    assert.deepEqual(approval, [{ approval_required: true }]);
  });

  it('`test` builds only one branch, and `deploy` uses the build file and the probe from that branch', async () => {
    const test = await onlyOne('google_cloudbuild_trigger.test');
    assert.deepEqual(test['repository_event_config'], [
      { repository: REPOSITORY, push: [{ branch: '^main$' }] },
    ]);
    const deploy = await onlyOne('google_cloudbuild_trigger.deploy');
    const [source] = deploy['source_to_build'] as Variables[];
    const [file] = deploy['git_file_source'] as Variables[];
    assert.deepEqual([source?.['ref'], file?.['revision']], ['refs/heads/main', 'refs/heads/main']);
    assert.deepEqual([test['filename'], file?.['path']], [TEST_BUILD.name, DEPLOY_BUILD.name]);
  });
});

describe('the Terraform variable `delivery`', () => {
  it('creates no delivery resources if it is unset', async () => {
    const blocks = root.resources.filter(({ file }) => file.startsWith('delivery'));
    assert.ok(blocks.length > 10);
    for (const block of blocks) assert.deepEqual(await created(block, FIVE), [], block.address);
  });
});

describe('the Cloud Run service', () => {
  it('is declared with all its traffic on the latest revision', () => {
    const service = root.resources.find(({ address }) => address === 'google_cloud_run_v2_service.bridge');
    assert.deepEqual(service?.body['traffic'], [
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 },
    ]);
  });
});
