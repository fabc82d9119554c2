// Every resource, block and argument of our Terraform files is in the providers' schema, and what the schema requires is set.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemsOfResource } from './block-checks.ts';
import { readModules } from './modules.ts';
import type { Block } from './modules.ts';
import type { BlockSchema } from './provider-schema.ts';
import { readSchemas, REMEDY, TERRAFORM_DATA } from './provider-schema.ts';

const schemas = readSchemas();
const modules = await readModules();
const [root] = modules;
assert.equal(root?.path, '');

describe('the arguments of our Terraform files', () => {
  for (const module of modules) {
    it(`are those of the providers, in terraform/${module.path}`, () => {
      const check = (blocks: readonly Block[], known: Readonly<Record<string, BlockSchema>>): string[] =>
        blocks.flatMap(({ file, address, type, body }) => {
          const schema = type === 'terraform_data' ? TERRAFORM_DATA : known[type];
          if (schema === undefined) return [`schema.json has no ${type}. ${REMEDY}`];
          return problemsOfResource(`${file}: ${address}`, body, schema);
        });
      const problems = [...check(module.resources, schemas.resources), ...check(module.data, schemas.data)];
      assert.deepEqual(problems, []);
    });
    it(`to the root module are its variables, in terraform/${module.path}`, () => {
      for (const { address, body } of module.calls) {
        const { source, ...set } = body;
        assert.equal(source, '../..', `${address} calls the root module`);
        const known: string[] = root.variables.map(({ name }) => name);
        assert.deepEqual(
          Object.keys(set).filter((name) => !known.includes(name)),
          [],
          'there are no others',
        );
        const required: string[] = root.variables
          .filter((block) => !('default' in block.body))
          .map(({ name }) => name);
        assert.deepEqual(
          required.filter((name) => !(name in set)),
          [],
          'none that must be set is missing',
        );
      }
    });
  }
});

describe('schema.json', () => {
  it('holds no type that no file uses', () => {
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

describe('a block', () => {
  const schema = schemas.resources['google_secret_manager_secret'];
  assert.ok(schema);
  for (const [body, problem] of [
    [{ secret_id: 'x', replication: [{ auto: [{}] }], colour: 'red' }, 'x takes no colour.'],
    [{ replication: [{}] }, 'x wants secret_id.'],
    [{ secret_id: 'x' }, 'x wants a block replication.'],
    [{ secret_id: 'x', replication: [{}, {}] }, 'x takes one block replication, not 2.'],
    [{ secret_id: 'x', replication: [{}], name: 'y' }, 'x.name can only be read.'],
    [{ secret_id: 'x', replication: [{}], labels: 'y' }, 'x.labels must be map(string), not "y".'],
    [
      { secret_id: 'x', replication: [{}], dynamic: { topics: [{ for_each: [], content: [{ id: 'y' }] }] } },
      'x.topics wants name.',
    ],
  ] as const) {
    it(`that is wrong is told: ${problem}`, () => {
      assert.ok(
        problemsOfResource('x', body, schema).includes(problem),
        problemsOfResource('x', body, schema).join('\n'),
      );
    });
  }
});
