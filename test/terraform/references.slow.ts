// Every reference in the Terraform files resolves: to variables, locals, resources and their attributes, and outputs of modules.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Reference } from './expression.ts';
import { bodiesOf, HCL_FILES, readModules, readSubmodules } from './modules.ts';
import type { Block, Module } from './modules.ts';
import type { BlockSchema } from './provider-schema.ts';
import { readSchemas, REMEDY, TERRAFORM_DATA } from './provider-schema.ts';
import { referencesOfModule } from './references.ts';

const schemas = readSchemas();
const modules = [...(await readModules()), ...(await readSubmodules())];
const root = modules.find(({ path }) => path === '');
assert.ok(root);

/** @returns the reason why a reference does not resolve, or undefined if it resolves */
function problemOf(module: Module, [first = '', second = '', third, ...more]: Reference): string | undefined {
  const named = (blocks: readonly Block[]): boolean => blocks.some(({ name }) => name === second);
  switch (first) {
    case 'var':
      return named(module.variables) ? undefined : 'there is no such variable';
    case 'local':
      return module.locals.has(second) ? undefined : 'there is no such local';
    case 'module':
      if (!named(module.calls)) return 'there is no such module';
      // The reference is to the whole module, for example in depends_on or in a loop over the module's instances.
      if (third === undefined) return undefined;
      return root?.outputs.some(({ name }) => name === third) === true
        ? undefined
        : 'there is no such output';
    case 'data':
      return attributeProblem(module.data, schemas.data, second, third, more[0]);
    default:
      return attributeProblem(module.resources, schemas.resources, first, second, third);
  }
}

function attributeProblem(
  blocks: readonly Block[],
  known: Readonly<Record<string, BlockSchema>>,
  type: string,
  name = '',
  attribute?: string,
): string | undefined {
  if (!blocks.some((block) => block.type === type && block.name === name)) return 'there is no such resource';
  const schema = type === 'terraform_data' ? TERRAFORM_DATA : known[type];
  if (schema === undefined) return `schema.json has no ${type}. ${REMEDY}`;
  return attribute === undefined || attribute in schema.attributes || attribute in schema.blocks
    ? undefined
    : `${type} has no attribute ${attribute}`;
}

describe('the files of the root module and its Terraform tests', () => {
  it('index every resource that has count or for_each before they use its attributes', () => {
    const counted = root.resources.filter(({ body }) => 'count' in body || 'for_each' in body);
    assert.ok(counted.length > 20);
    const files = HCL_FILES.filter((file) => !file.includes('/examples/'));
    assert.ok(files.some((file) => file.endsWith('.tftest.hcl')));
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      for (const { address } of counted)
        assert.doesNotMatch(text, new RegExp(`\\b${address.replace('.', '\\.')}\\.\\w`), file);
    }
  });
});

describe('the Terraform files', () => {
  for (const module of modules) {
    it(`contain only references that resolve, in terraform/${module.path}`, async () => {
      const found = await referencesOfModule(module);
      assert.ok(found.length > 5, 'the parser finds references');
      const problems = found.flatMap(({ where, reference }) => {
        const problem = problemOf(module, reference);
        return problem === undefined ? [] : [`${where}: ${reference.join('.')}: ${problem}`];
      });
      assert.deepEqual(problems, []);
    });
    it(`use every variable and local, in terraform/${module.path}`, async () => {
      const used = new Set(
        (await referencesOfModule(module)).map(({ reference }) => reference.slice(0, 2).join('.')),
      );
      const declared = [
        ...module.variables.map(({ name }) => `var.${name}`),
        ...[...module.locals.keys()].map((name) => `local.${name}`),
      ];
      assert.deepEqual(
        declared.filter((name) => !used.has(name)),
        [],
      );
    });
    it(`configure every provider that a block names, in terraform/${module.path}`, () => {
      const aliases = new Set(
        module.providers.map(({ name, body }) => `\${${name}.${String(body['alias'])}}`),
      );
      const required = module.terraform.flatMap(({ required_providers: all }) =>
        bodiesOf(all).flatMap((body) => Object.keys(body)),
      );
      const known = new Set([...aliases, ...required.map((name) => `\${${name}}`)]);
      const named = [...module.resources, ...module.data].flatMap(({ body }) => body['provider'] ?? []);
      for (const provider of named) assert.ok(typeof provider === 'string' && known.has(provider));
    });
  }
});
