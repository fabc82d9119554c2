// The module can use a company's existing service account, image, subnet and enabled APIs, and follows its rules for AWS roles.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { creations } from './created.ts';
import { readModule } from './modules.ts';
import type { Body } from './modules.ts';
import { FIVE, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';

const root = await readModule('');

const AGENT = 'serviceAccount:service-123456789012@';
const SUBNET = 'projects/acme-network/regions/europe-west1/subnetworks/lake';
const imageIn = (repository: string): string => `${repository}/fedbridge@sha256:${'0'.repeat(64)}`;
const OTHERS_IMAGE = imageIn('us-docker.pkg.dev/acme-images/docker/tools');
const ACCOUNT = { email: 'lake@acme-identity.iam.gserviceaccount.com', unique_id: '104815162342108150099' };
async function createdOf(variables: Variables, type: string): Promise<readonly Body[]> {
  const found = await Promise.all(
    root.resources.filter((block) => block.type === type).map(creations(root, variables)),
  );
  return found.flat();
}

describe('an existing service account in the Terraform variables', () => {
  const variables = { ...FIVE, service_account: ACCOUNT, config_in: 'secret' };

  it('is trusted by its unique ID, and replaces the account that the module creates', async () => {
    const values = await rootValues(variables);
    assert.match(String(await values.output('trust_policy')), new RegExp(`:sub":"${ACCOUNT.unique_id}"`));
    assert.equal(await values.output('service_account'), ACCOUNT.email);
    assert.equal(await values.output('service_account_unique_id'), ACCOUNT.unique_id);
    const created = await createdOf({ ...variables, image: OTHERS_IMAGE }, 'google_service_account');
    assert.deepEqual(created, []);
  });

  it('runs the service and reads the secret', async () => {
    const text = JSON.stringify(root.resources.map(({ body }) => body));
    assert.ok(!text.includes('google_service_account.bridge'), 'only local.account refers to the account');
    const values = await rootValues(variables);
    assert.equal(await values.local('account_member'), `serviceAccount:${ACCOUNT.email}`);
  });
});

describe('an existing image in the Terraform variables', () => {
  it('makes the registry and the build unnecessary', async () => {
    const variables = { ...FIVE, image: OTHERS_IMAGE };
    for (const type of ['google_artifact_registry_repository', 'google_storage_bucket', 'terraform_data'])
      assert.deepEqual(await createdOf(variables, type), [], type);
    const values = await rootValues(variables);
    assert.equal(await values.output('registry'), null);
    const apis = (await values.output('apis')) as string[];
    assert.deepEqual(
      apis.filter((api) => /^(?:artifactregistry|cloudbuild)/.test(api)),
      [],
    );
  });

  for (const [image, expected] of [
    [OTHERS_IMAGE, [{ location: 'us', project: 'acme-images', repository: 'docker' }]],
    [imageIn('europe-west1-docker.pkg.dev/acme-prod/docker'), []],
    [imageIn('registry.example/acme-images/docker'), []],
  ] as const)
    it(`makes Cloud Run's service agent a reader only of a repository in another project: ${image.split('@')[0] ?? ''}`, async () => {
      const type = 'google_artifact_registry_repository_iam_member';
      const found = await createdOf({ ...FIVE, image }, type);
      const member = `${AGENT}serverless-robot-prod.iam.gserviceaccount.com`;
      assert.deepEqual(
        found,
        expected.map((one) => ({ ...one, role: 'roles/artifactregistry.reader', member })),
      );
      assert.deepEqual(await createdOf({ ...FIVE, image, grant_service_agents: false }, type), []);
    });
});

describe('an existing subnet in the Terraform variables', () => {
  const variables = { ...FIVE, image: OTHERS_IMAGE, vpc: { subnet: SUBNET, tags: ['aws'] } };

  it("carries all the service's requests, or only the requests to private addresses", async () => {
    for (const [all_traffic, egress] of [
      [true, 'ALL_TRAFFIC'],
      [false, 'PRIVATE_RANGES_ONLY'],
    ] as const) {
      const vpc = { ...variables.vpc, all_traffic };
      const [service] = await createdOf({ ...variables, vpc }, 'google_cloud_run_v2_service');
      const [template] = service?.['template'] as Body[];
      assert.deepEqual(template?.['vpc_access'], [
        { egress, network_interfaces: [{ network: null, subnetwork: SUBNET, tags: ['aws'] }] },
      ]);
    }
    assert.deepEqual(await createdOf(variables, 'google_compute_network'), []);
  });

  it("makes Cloud Run's service agent a user of a shared VPC's subnet, but not of the project's own", async () => {
    const type = 'google_compute_subnetwork_iam_member';
    assert.deepEqual(await createdOf(variables, type), [
      {
        project: 'acme-network',
        region: 'europe-west1',
        subnetwork: 'lake',
        role: 'roles/compute.networkUser',
        member: `${AGENT}serverless-robot-prod.iam.gserviceaccount.com`,
      },
    ]);
    const own = { subnet: SUBNET.replace('acme-network', 'acme-prod') };
    assert.deepEqual(await createdOf({ ...variables, vpc: own }, type), []);
  });
});

describe('the AWS roles that Terraform creates', () => {
  it('have the path, the permissions boundary and the tags in the variables', async () => {
    const aws_roles = {
      path: '/data/',
      permissions_boundary: 'arn:aws:iam::123456789012:policy/data-boundary',
      tags: { team: 'data' },
    };
    for (const role of await createdOf({ ...FIVE, aws_roles }, 'aws_iam_role')) {
      const { path, permissions_boundary, tags } = role;
      assert.deepEqual({ path, permissions_boundary, tags }, aws_roles);
    }
  });
});

describe('the Google Cloud APIs that the Terraform module needs', () => {
  it('are enabled by the module only if enable_apis is true, and are always listed', async () => {
    for (const type of ['google_project_service', 'google_project_service_identity', 'time_sleep'])
      assert.ok((await createdOf(FIVE, type)).length > 0, type);
    const elsewhere = { ...FIVE, enable_apis: false };
    for (const type of ['google_project_service', 'google_project_service_identity'])
      assert.deepEqual(await createdOf(elsewhere, type), [], type);
    const listed = (await (await rootValues(elsewhere)).output('apis')) as string[];
    const enabled = await createdOf(FIVE, 'google_project_service');
    assert.deepEqual(
      enabled.map(({ service }) => service),
      listed.toSorted(),
    );
  });
});
