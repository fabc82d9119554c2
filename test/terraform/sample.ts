// Evaluates the root module with a test's or example's variables, and stand-ins for values that Google Cloud and AWS return.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { moduleValues } from './module-values.ts';
import type { ModuleValues } from './module-values.ts';
import { parseFile, readModule } from './modules.ts';
import type { Module } from './modules.ts';

export const UNIQUE_ID = '104815162342108150001';

export type Variables = Readonly<Record<string, unknown>>;

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
  const names = Object.keys((variables['roles'] as object | undefined) ?? { read: {} });
  const { name = 'fedbridge', project } = variables as { readonly name?: string; readonly project: string };
  const email = `${name}@${project}.iam.gserviceaccount.com`;
  const roles = names.map((role) => [role, { arn: `arn:aws:iam::123456789012:role/${name}-${role}` }]);
  return {
    aws_iam_role: { bridge: Object.fromEntries(roles) as unknown },
    data: {
      aws_partition: { current: { partition: 'aws' } },
      google_project: { this: { number: '123456789012' } },
      google_artifact_registry_docker_image: { latest: [{ self_link: IMAGE }] },
    },
    google_service_account: { bridge: { unique_id: UNIQUE_ID, email, member: `serviceAccount:${email}` } },
    google_secret_manager_secret_version: { config: [{ name: CONFIG_SECRET, version: '1' }] },
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

/** An example, with the values of its terraform.tfvars.example. */
export async function readExample(name: string): Promise<Example> {
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
  assert.equal(source, '../..');
  const variables = (await moduleValues(module, set).evaluate(body)) as Variables;
  const root = await rootValues(variables);
  const outputs = ['audiences', 'config', 'config_secret', 'read_policies', 'role_arns', 'trust_policy'];
  const pairs = await Promise.all(
    outputs.map(async (output) => [output, await root.output(output)] as const),
  );
  const bridge = { ...Object.fromEntries(pairs), image: IMAGE };
  return { module, values: moduleValues(module, set, { module: { bridge } }), variables };
}
