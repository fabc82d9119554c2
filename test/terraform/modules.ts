// Parses the Terraform modules into plain values: the root module, each example, and each module in modules/.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from '@cdktn/hcl2json';

const TERRAFORM = join(import.meta.dirname, '../../terraform');

/** A block's arguments. A nested block is an array of bodies, and an expression is a string with `${…}`. */
export type Body = Readonly<Record<string, unknown>>;

export interface Block {
  readonly file: string;
  /** The name in references to the block: `google_x.y`, `data.google_x.y` or `var.x`. */
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly body: Body;
}

export interface Module {
  /** The path of the module below terraform/, which is empty for the root module. */
  readonly path: string;
  readonly files: readonly string[];
  readonly variables: readonly Block[];
  readonly outputs: readonly Block[];
  readonly locals: ReadonlyMap<string, unknown>;
  readonly resources: readonly Block[];
  readonly data: readonly Block[];
  readonly calls: readonly Block[];
  readonly checks: readonly Block[];
  readonly providers: readonly Block[];
  readonly terraform: readonly Body[];
}

const filesIn = (directory: string, ending: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(directory, name));

const EXAMPLES = join(TERRAFORM, 'examples');
const SUBMODULES = join(TERRAFORM, 'modules');

/** The paths of all HCL files in terraform/. */
export const HCL_FILES: readonly string[] = [
  ...filesIn(TERRAFORM, '.tf'),
  ...filesIn(join(TERRAFORM, 'tests'), '.tftest.hcl'),
  ...['aws', 'google'].flatMap((name) => filesIn(join(TERRAFORM, 'tests/mocks', name), '.tfmock.hcl')),
  ...readdirSync(EXAMPLES).flatMap((name) => [
    ...filesIn(join(EXAMPLES, name), '.tf'),
    ...filesIn(join(EXAMPLES, name), '.tfvars.example'),
  ]),
  ...readdirSync(SUBMODULES).flatMap((name) => [
    ...filesIn(join(SUBMODULES, name), '.tf'),
    ...filesIn(join(SUBMODULES, name, 'tests'), '.tftest.hcl'),
  ]),
];

/** @throws Error with line and column if a file is not valid HCL */
export async function parseFile(path: string): Promise<Body> {
  return (await parse(relative(TERRAFORM, path), readFileSync(path, 'utf8'))) as Body;
}

export async function readModule(path: string): Promise<Module> {
  const files = filesIn(join(TERRAFORM, path), '.tf');
  const parsed = await Promise.all(
    files.map(async (file) => ({ file: relative(TERRAFORM, file), body: await parseFile(file) })),
  );
  const plain = (kind: string, prefix: string): Block[] =>
    parsed.flatMap(({ file, body }) =>
      mapOf(body[kind]).flatMap(([name, bodies]) =>
        bodiesOf(bodies).map((block) => ({
          file,
          address: `${prefix}${name}`,
          type: kind,
          name,
          body: block,
        })),
      ),
    );
  const typed = (kind: string, prefix: string): Block[] =>
    parsed.flatMap(({ file, body }) =>
      mapOf(body[kind]).flatMap(([type, named]) =>
        mapOf(named).flatMap(([name, bodies]) =>
          bodiesOf(bodies).map((block) => ({
            file,
            address: `${prefix}${type}.${name}`,
            type,
            name,
            body: block,
          })),
        ),
      ),
    );
  return {
    path,
    files: files.map((file) => relative(TERRAFORM, file)),
    variables: plain('variable', 'var.'),
    outputs: plain('output', 'output.'),
    locals: new Map(
      parsed.flatMap(({ body }) => bodiesOf(body['locals']).flatMap((block) => Object.entries(block))),
    ),
    resources: typed('resource', ''),
    data: typed('data', 'data.'),
    calls: plain('module', 'module.'),
    checks: plain('check', 'check.'),
    providers: plain('provider', ''),
    terraform: parsed.flatMap(({ body }) => bodiesOf(body['terraform'])),
  };
}

export async function readModules(): Promise<Module[]> {
  return Promise.all(['', ...readdirSync(EXAMPLES).map((name) => `examples/${name}`)].map(readModule));
}

/** The modules that work without the root module. */
export async function readSubmodules(): Promise<Module[]> {
  return Promise.all(readdirSync(SUBMODULES).map((name) => readModule(`modules/${name}`)));
}

const mapOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

/** The parser returns blocks as a list, even a single one. */
export const bodiesOf = (value: unknown): Body[] => (Array.isArray(value) ? (value as Body[]) : []);
