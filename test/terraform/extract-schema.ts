// Writes schema.json: the providers' schema for only the types that the Terraform files use. Run it by hand when a file begins to
// use another type (`node test/terraform/extract-schema.ts`). It needs `npm` and `tar`, and downloads about 100 MB of npm packages
// that contain the providers' schemas into a temporary directory.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemaOfType } from './cdktf-class.ts';
import { readModules, readSubmodules } from './modules.ts';
import { attributeOf, schemaOfInterface } from './pulumi-interface.ts';
import type { Attribute, BlockSchema, NestedBlockSchema, ProviderSchemas } from './provider-schema.ts';
import { SCHEMA_FILE } from './provider-schema.ts';

/** Types that only google-beta has. */
const BETA: readonly string[] = ['google_project_service_identity'];

/**
 * The npm packages, each with the types that it describes. cdktf's last package for Google contains provider 6.50, so
 * `LATER` and `LATER_ATTRIBUTES` list what is newer.
 */
const CDKTF: readonly { readonly package: string; readonly describes: (type: string) => boolean }[] = [
  {
    package: '@cdktf/provider-google@16.12.1',
    describes: (type) => type.startsWith('google_') && !BETA.includes(type),
  },
  { package: '@cdktf/provider-google-beta@16.12.1', describes: (type) => BETA.includes(type) },
  { package: '@cdktn/provider-aws@25.7.0', describes: (type) => type.startsWith('aws_') },
  { package: '@cdktf/provider-time@11.0.1', describes: (type) => type.startsWith('time_') },
];

/**
 * This package is generated from google-beta 7.46 (pulumi-gcp's release notes). Its comments mark fields that exist
 * only in beta.
 */
const PULUMI = { package: '@pulumi/gcp@9.37.0', provider: 'hashicorp/google 7.46' };

const LATER = [
  {
    type: 'google_cloud_run_v2_service',
    within: ['template', 'containers'],
    block: 'readiness_probe',
    namespace: 'cloudrunv2',
    interface: 'ServiceTemplateContainerReadinessProbe',
  },
  {
    type: 'google_cloud_run_v2_service',
    within: ['template', 'volumes'],
    block: 'gcs',
    namespace: 'cloudrunv2',
    interface: 'ServiceTemplateVolumeGcs',
  },
] as const;

const LATER_ATTRIBUTES = [
  {
    type: 'google_cloud_run_v2_service',
    attribute: 'iap_enabled',
    file: 'cloudrunv2/service.d.ts',
    property: 'iapEnabled',
  },
] as const;

type Kind = 'resources' | 'data';

const modules = [...(await readModules()), ...(await readSubmodules())];
const typesOf = (kind: Kind): string[] =>
  [...new Set(modules.flatMap((module) => module[kind].map(({ type }) => type)))].sort();

/** @returns the path of a type's file in a cdktf package, which omits the provider's name from the names of its types */
const folderOf = (kind: Kind, type: string): string => {
  const [provider = '', ...words] = type.split('_');
  const prefix = [...(kind === 'data' ? ['data', provider] : []), ...(BETA.includes(type) ? [provider] : [])];
  return `lib/${[...prefix, ...words].join('-')}/index.js`;
};

const directory = mkdtempSync(join(tmpdir(), 'fedbridge-schema-'));
try {
  const resources: Record<string, BlockSchema> = {};
  const data: Record<string, BlockSchema> = {};
  const from: { package: string; provider: string }[] = [];
  for (const { package: name, describes } of CDKTF) {
    const types = (['resources', 'data'] as const).flatMap((kind) =>
      typesOf(kind)
        .filter(describes)
        .map((type) => ({ kind, type, path: folderOf(kind, type) })),
    );
    const read = unpack(name, ['package.json', ...types.map(({ path }) => path)]);
    for (const { kind, type, path } of types) {
      const { attributes, blocks } = schemaOfType(read(path));
      // cdktf lets every type set an ID, but no provider accepts it.
      const schema = { attributes: { ...attributes, id: 'computed string' as const }, blocks };
      (kind === 'data' ? data : resources)[type] = schema;
    }
    from.push({ package: name, provider: providerOf(read('package.json')) });
  }
  addLater(resources);
  const schemas: ProviderSchemas = { from: [...from, PULUMI], resources, data };
  writeFileSync(SCHEMA_FILE, `${JSON.stringify(schemas, null, 2)}\n`);
} finally {
  rmSync(directory, { recursive: true });
}

/** @returns a function that reads one of the files `paths` from the package @throws Error if the package has no such file */
function unpack(name: string, paths: readonly string[]): (path: string) => string {
  const own = join(directory, name.replaceAll('/', '-'));
  mkdirSync(own);
  const archive = execFileSync('npm', ['pack', '--silent', name], { cwd: own, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', archive, ...paths.map((path) => `package/${path}`)], { cwd: own });
  return (path) => readFileSync(join(own, 'package', path), 'utf8');
}

function providerOf(manifest: string): string {
  const { cdktf } = JSON.parse(manifest) as { cdktf: { provider: { name: string; version: string } } };
  return `${cdktf.provider.name.replace('registry.terraform.io/', '')} ${cdktf.provider.version}`;
}

function addLater(resources: Readonly<Record<string, BlockSchema>>): void {
  const inputs = 'types/input.d.ts';
  const read = unpack(PULUMI.package, [inputs, ...LATER_ATTRIBUTES.map(({ file }) => file)]);
  const code = read(inputs);
  for (const { type, within, block, namespace, interface: name } of LATER) {
    let at: BlockSchema | undefined = resources[type];
    for (const step of within) at = at?.blocks[step];
    if (at === undefined) throw new Error(`${type} has no ${within.join('.')}.`);
    (at.blocks as Record<string, NestedBlockSchema>)[block] = schemaOfInterface(code, namespace, name);
  }
  for (const { type, attribute, file, property } of LATER_ATTRIBUTES) {
    const attributes = resources[type]?.attributes as Record<string, Attribute> | undefined;
    if (attributes === undefined) throw new Error(`No Terraform file uses ${type}.`);
    attributes[attribute] = attributeOf(read(file), 'ServiceArgs', property);
  }
}
