// Evaluates the root module with a test's or example's variables, and stand-ins for values that Google Cloud and AWS return.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { META_ARGUMENTS } from './block-checks.ts';
import { moduleValues } from './module-values.ts';
import type { ModuleValues } from './module-values.ts';
import { parseFile, readModule } from './modules.ts';
import type { Module } from './modules.ts';

export const UNIQUE_ID = '104815162342108150001';

export type Variables = Readonly<Record<string, unknown>>;

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  readonly version: string;
};

/** The source of the module in the examples. It works in any directory, so that examples can be copied. */
export const MODULE_SOURCE = `git::https://git.example/fedbridge.git//terraform?ref=v${version}`;

/** The five required variables. */
export const FIVE: Variables = {
  project: 'acme-prod',
  region: 'europe-west1',
  aws_region: 'eu-west-1',
  buckets: { 'acme-lake': {} },
  grants: [
    { callers: ['reader@acme-prod.iam.gserviceaccount.com'], bucket: 'acme-lake', prefix: 'raw/public/' },
  ],
};

/** The resource name of the secret version that contains the configuration. */
export const CONFIG_SECRET = 'projects/123456789012/secrets/fedbridge-config/versions/1';

const IMAGE = `europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge@sha256:${'0'.repeat(64)}`;

/** Stand-ins for the values that Google Cloud and AWS return to the root module. Each created role has its own ARN. */
export function rootStandIns(variables: Variables): Variables {
  const all = (variables['roles'] ?? { read: {} }) as Record<string, { readonly then?: unknown }>;
  const names = Object.keys(all);
  const hops = Object.values(all).some(({ then }) => then !== undefined);
  const secret = (variables['config_in'] ?? (hops ? 'secret' : 'environment')) === 'secret';
  const { name = 'fedbridge', project } = variables as { readonly name?: string; readonly project: string };
  const network = typeof variables['egress_cidr'] === 'string' ? [{ name }] : [];
  const email = `${name}@${project}.iam.gserviceaccount.com`;
  const roles = names.map((role) => [role, { arn: `arn:aws:iam::123456789012:role/${name}-${role}` }]);
  const cloudfront = variables['cloudfront'] as { readonly buckets: readonly string[] } | undefined;
  const distributions = (cloudfront?.buckets ?? []).map(
    (bucket) => [bucket, { domain_name: `${bucket}.cloudfront.example` }] as const,
  );
  return {
    aws_cloudfront_distribution: { bucket: Object.fromEntries(distributions) as unknown },
    aws_iam_role: { bridge: Object.fromEntries(roles) as unknown },
    data: {
      aws_partition: { current: { partition: 'aws', dns_suffix: 'amazonaws.com' } },
      google_project: { this: { number: '123456789012' } },
      google_artifact_registry_docker_image: { latest: [{ self_link: IMAGE }] },
    },
    google_artifact_registry_repository: {
      images: 'image' in variables ? [] : [{ repository_id: name }],
    },
    google_cloud_run_v2_service: {
      bridge: { name },
      console:
        variables['console'] !== undefined && variables['console'] !== null
          ? [{ name: `${name}-console` }]
          : [],
    },
    google_service_account: {
      bridge:
        variables['service_account'] === undefined
          ? [{ name: `projects/${project}/serviceAccounts/${email}`, unique_id: UNIQUE_ID, email }]
          : [],
    },
    google_compute_network: { egress: network },
    google_compute_subnetwork: { egress: network },
    google_secret_manager_secret: {
      config: secret ? [{ secret_id: `${name}-config` }] : [],
      prometheus: 'prometheus_sidecar' in variables ? [{ secret_id: `${name}-prometheus` }] : [],
    },
    google_secret_manager_secret_version: {
      config: secret ? [{ name: CONFIG_SECRET, version: '1' }] : [],
      prometheus: 'prometheus_sidecar' in variables ? [{ version: '1' }] : [],
    },
  };
}

/** The root module's values. @param more further stand-ins */
export async function rootValues(variables: Variables, more: Variables = {}): Promise<ModuleValues> {
  return moduleValues(await readModule(''), variables, { ...more, ...rootStandIns(variables) });
}

export interface Example {
  readonly module: Module;
  readonly values: ModuleValues;
  /** The variables that the example sets for the root module. */
  readonly variables: Variables;
}

/** An example, with the values of its terraform.tfvars.example. @param more stand-ins for its own resources and modules */
export async function readExample(name: string, more: Variables = {}): Promise<Example> {
  const module = await readModule(`examples/${name}`);
  const set =
    module.variables.length === 0
      ? {}
      : await parseFile(
          join(import.meta.dirname, `../../terraform/examples/${name}/terraform.tfvars.example`),
        );
  const [call] = module.calls;
  assert.ok(call);
  const { source, ...body } = call.body;
  assert.equal(source, MODULE_SOURCE);
  const inputs = Object.fromEntries(Object.entries(body).filter(([input]) => !META_ARGUMENTS.has(input)));
  const variables = (await moduleValues(module, set).evaluate(inputs)) as Variables;
  const root = await rootValues(variables);
  const outputs = [
    'audiences',
    'config',
    'config_secret',
    'image',
    'read_policies',
    'role_arns',
    'service',
    'service_account',
    'service_account_unique_id',
    'service_agents',
    'trust_policy',
  ];
  const pairs = await Promise.all(
    outputs.map(async (output) => [output, await root.output(output)] as const),
  );
  const bridge = Object.fromEntries(pairs) as unknown;
  const { module: modules, ...others } = more;
  const standIns = { ...others, module: { bridge, ...(modules as object | undefined) } };
  return { module, values: moduleValues(module, set, standIns), variables };
}
