// Reads the runs of the root module's Terraform tests, and evaluates their conditions as a mocked apply would.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { creations } from './created.ts';
import { moduleValues } from './module-values.ts';
import { bodiesOf, parseFile } from './modules.ts';
import type { Block, Body, Module } from './modules.ts';
import type { BlockSchema } from './provider-schema.ts';
import { readSchemas, TERRAFORM_DATA } from './provider-schema.ts';
import { rootStandIns } from './sample.ts';
import type { Variables } from './sample.ts';

const TESTS = join(import.meta.dirname, '../../terraform/tests');

export interface Run {
  readonly file: string;
  readonly name: string;
  /** The variables that the file sets for all its runs. */
  readonly common: Variables;
  /** The variables that only this run sets. */
  readonly own: Variables;
  readonly asserts: readonly { readonly condition: string; readonly error_message: string }[];
  /** Addresses of the variables and checks that must fail. */
  readonly expected: readonly string[];
  /** Values that replace those of a mocked resource, by its address. */
  readonly overridden: ReadonlyMap<string, Body>;
}

export async function readRuns(): Promise<readonly Run[]> {
  const files = readdirSync(TESTS).filter((name) => name.endsWith('.tftest.hcl'));
  const runs = files.map(async (file): Promise<readonly Run[]> => {
    const { run, variables } = await parseFile(join(TESTS, file));
    const [common = {}] = bodiesOf(variables);
    return Object.entries(run as Readonly<Record<string, Body[]>>).map(([name, [body = {}]]) => ({
      file,
      name,
      common,
      own: bodiesOf(body['variables'])[0] ?? {},
      asserts: (body['assert'] ?? []) as Run['asserts'],
      expected: ((body['expect_failures'] ?? []) as string[]).map(addressIn),
      overridden: new Map(
        bodiesOf(body['override_resource']).map(({ target, values }) => [
          addressIn(String(target)),
          values as Body,
        ]),
      ),
    }));
  });
  return (await Promise.all(runs)).flat();
}

const addressIn = (expression: string): string => expression.replace(/^\$\{(.*)\}$/, '$1');

const schemas = readSchemas();

/** The values that the mocked providers return, by type. */
const mocks = new Map(
  (
    await Promise.all(
      ['aws', 'google'].map((name) => parseFile(join(TESTS, `mocks/${name}/${name}.tfmock.hcl`))),
    )
  ).flatMap(({ mock_resource: resources }) =>
    Object.entries(resources as Readonly<Record<string, Body[]>>).map(
      ([type, [body]]) => [type, body?.['defaults'] as Body] as const,
    ),
  ),
);

/** @returns a function that evaluates an expression of a run @param variables those of the run */
export function evaluatorOf(
  root: Module,
  { overridden }: Run,
  variables: Variables,
): (expression: unknown) => Promise<unknown> {
  const known = rootStandIns(variables);
  const cache = new Map<string, Promise<unknown>>();
  const resource = (block: Block): Promise<unknown> => {
    const found = cache.get(block.address) ?? createResource(block);
    cache.set(block.address, found);
    return found;
  };
  const createResource = async (block: Block): Promise<unknown> => {
    const { address, type, body } = block;
    const bodies = await creations(root, variables, resources)(block);
    const all = bodies.map((one) => ({
      ...withComputed({ ...mocks.get(type), ...one }, schemaOf(type), address),
      ...overridden.get(address),
    }));
    if ('count' in body) return all;
    if (!('for_each' in body)) return all[0];
    const each = (await values.evaluate(body['for_each'])) as object;
    const keys = Array.isArray(each) ? (each as string[]) : Object.keys(each);
    return Object.fromEntries(keys.map((key, i) => [key, all[i]]));
  };
  const types = Object.entries(Object.groupBy(root.resources, ({ type }) => type));
  const resources = Object.fromEntries(
    types.map(([type, blocks = []]) => [type, lazily(blocks, resource)] as const),
  );
  const values = moduleValues(root, variables, { ...known, ...resources });
  const output = lazily(root.outputs, ({ name }) => values.output(name));
  return moduleValues(root, variables, { ...known, ...resources, output }).evaluate;
}

function lazily<T extends { readonly name: string }>(
  blocks: readonly T[],
  value: (block: T) => Promise<unknown>,
): object {
  const properties = blocks.map(
    (block) => [block.name, { get: () => value(block), enumerable: true }] as const,
  );
  return Object.defineProperties<object>({}, Object.fromEntries(properties));
}

function schemaOf(type: string): BlockSchema {
  const schema = type === 'terraform_data' ? TERRAFORM_DATA : schemas.resources[type];
  if (schema === undefined) throw new Error(`schema.json has no ${type}.`);
  return schema;
}

/** Adds what a provider returns for omitted arguments: null or no blocks, and a text for attributes that only the provider sets. */
function withComputed(body: Body, schema: BlockSchema, address: string): Body {
  const attributes = Object.entries(schema.attributes).map(([name, attribute]) => {
    const omitted = attribute === 'computed string' ? `${address}.${name}` : null;
    return [name, body[name] ?? omitted] as const;
  });
  const blocks = Object.entries(schema.blocks).map(([name, inner]) => {
    const all = bodiesOf(body[name]).map((one) => withComputed(one, inner, address));
    return [name, all] as const;
  });
  return Object.fromEntries([...attributes, ...blocks]);
}
