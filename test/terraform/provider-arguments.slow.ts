// Every resource, block and argument in the Terraform files is in the providers' schemas, and all required arguments are set.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { META_ARGUMENTS, problemsOfResource } from './block-checks.ts';
import { readModules, readSubmodules } from './modules.ts';
import type { Block } from './modules.ts';
import type { BlockSchema } from './provider-schema.ts';
import { readSchemas, REMEDY, TERRAFORM_DATA } from './provider-schema.ts';
import { MODULE_SOURCE } from './sample.ts';

const schemas = readSchemas();
const modules = [...(await readModules()), ...(await readSubmodules())];
const [root] = modules;
assert.equal(root?.path, '');

describe('the arguments in the Terraform files', () => {
  for (const module of modules) {
    it(`match the providers' schema in terraform/${module.path}`, () => {
      const check = (blocks: readonly Block[], known: Readonly<Record<string, BlockSchema>>): string[] =>
        blocks.flatMap(({ file, address, type, body }) => {
          const schema = type === 'terraform_data' ? TERRAFORM_DATA : known[type];
          if (schema === undefined) return [`schema.json has no ${type}. ${REMEDY}`];
          return problemsOfResource(`${file}: ${address}`, body, schema);
        });
      const problems = [...check(module.resources, schemas.resources), ...check(module.data, schemas.data)];
      assert.deepEqual(problems, []);
    });
    it(`match the root module's variables in every call from terraform/${module.path}`, () => {
      for (const { address, body } of module.calls) {
        const { source, ...all } = body;
        assert.equal(source, MODULE_SOURCE, `${address} calls the root module`);
        const set = Object.fromEntries(Object.entries(all).filter(([name]) => !META_ARGUMENTS.has(name)));
        const known: string[] = root.variables.map(({ name }) => name);
        assert.deepEqual(
          Object.keys(set).filter((name) => !known.includes(name)),
          [],
          'arguments that are not variables',
        );
        const required: string[] = root.variables
          .filter((block) => !('default' in block.body))
          .map(({ name }) => name);
        assert.deepEqual(
          required.filter((name) => !(name in set)),
          [],
          'missing required variables',
        );
      }
    });
  }
});

describe('schema.json', () => {
  it('contains only types that the Terraform files use', () => {
    const used = (kind: 'resources' | 'data'): Set<string> =>
      new Set(modules.flatMap((module) => module[kind].map(({ type }) => type)));
    for (const kind of ['resources', 'data'] as const)
      assert.deepEqual(
        Object.keys(schemas[kind]).filter((type) => !used(kind).has(type)),
        [],
        REMEDY,
      );
  });
});

describe('the Terraform block checker', () => {
  const schema = schemas.resources['google_secret_manager_secret'];
  assert.ok(schema);
  for (const [body, problem] of [
    [{ secret_id: 'x', replication: [{ auto: [{}] }], color: 'red' }, 'x has no argument color.'],
    [{ replication: [{}] }, 'x requires secret_id.'],
    [{ secret_id: 'x' }, 'x requires a block replication.'],
    [{ secret_id: 'x', replication: [{}, {}] }, 'x allows one block replication, not 2.'],
    [{ secret_id: 'x', replication: [{}], name: 'y' }, 'x.name is read-only.'],
    [{ secret_id: 'x', replication: [{}], labels: 'y' }, 'x.labels must be map(string), not "y".'],
    [
      { secret_id: 'x', replication: [{}], dynamic: { topics: [{ for_each: [], content: [{ id: 'y' }] }] } },
      'x.topics requires name.',
    ],
  ] as const) {
    it(`reports: ${problem}`, () => {
      assert.ok(
        problemsOfResource('x', body, schema).includes(problem),
        problemsOfResource('x', body, schema).join('\n'),
      );
    });
  }
});
