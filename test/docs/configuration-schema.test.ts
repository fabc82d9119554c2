// The JSON Schema of the configuration describes every field, and accepts what the bridge accepts.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { configurationJsonSchema } from '../../src/config/json-schema.ts';
import { findWarnings } from '../../src/config/warnings.ts';
import { sampleWith } from '../config/sample.ts';
import type { Change } from '../config/sample.ts';

const ROOT = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

type Schema = z.core.JSONSchema.JSONSchema;

const schema = configurationJsonSchema();
const editor = z.fromJSONSchema(schema);

/** @returns the fields of all maps in a schema, including nested maps */
function fieldsIn(value: unknown): (readonly [name: string, schema: Schema])[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.entries(((value as Schema).properties ?? {}) as Record<string, Schema>);
  const inner = Object.entries(value).flatMap(([key, each]) => (key === 'examples' ? [] : fieldsIn(each)));
  return [...own, ...inner];
}

const fields = fieldsIn(schema);

describe('every field in the JSON Schema', () => {
  it('has a description', () => {
    assert.ok(fields.length > 40, String(fields.length));
    const without = fields.flatMap(([name, { description = '' }]) => (description === '' ? [name] : []));
    assert.deepEqual(without, []);
  });

  it('accepts its own example and default', () => {
    for (const [name, field] of fields) {
      const { examples = [], default: implied } = field;
      for (const value of implied === undefined ? examples : [...examples, implied])
        assert.deepEqual(z.fromJSONSchema(field).safeParse(value).error, undefined, name);
    }
  });
});

it('the configuration reference has a row for every field', () => {
  const [, tables = ''] =
    /<!-- fields -->([^]*)<!-- \/fields -->/.exec(textOf('docs/reference/configuration.md')) ?? [];
  const rows = [...tables.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(rows.sort(), fields.map(([name]) => name).sort());
});

describe('the example configurations', () => {
  for (const path of globSync('deploy/example*.yaml', { cwd: ROOT })) {
    it(`include ${path}, which is valid and causes no warning`, () => {
      assert.deepEqual(findWarnings(readConfigDocument(textOf(path), {})), []);
    });
    it(`include ${path}, which names the schema and matches it`, () => {
      assert.match(textOf(path), /^# yaml-language-server: \$schema=config\.schema\.json\n/);
      assert.equal(editor.safeParse(parse(textOf(path))).error, undefined);
    });
  }
});

const REJECTED: readonly (readonly [what: string, ...change: Change])[] = [
  ['an unknown field', 'bucket', {}],
  ['an unknown field in a bucket', 'buckets acme-lake rolle', 'lake'],
  ['a missing field', 'grants', undefined],
  ['a number as a duration', 'roles lake duration', 3600],
  ['a duration without its unit', 'limits stall', '30'],
  ['an unquoted unique ID', 'operators', [112010400000]],
  ['an identity of an unknown kind', 'identity', { token: 'x' }],
  ['the ARN of a user as a role', 'roles lake arn', 'arn:aws:iam::123456789012:user/lake'],
];

describe('the JSON Schema', () => {
  const accepts = (...changes: readonly Change[]): boolean =>
    editor.safeParse(JSON.parse(sampleWith(...changes))).success;
  for (const [what, ...change] of REJECTED)
    it(`rejects ${what}`, () => {
      assert.equal(accepts(), true);
      assert.equal(accepts(change), false);
    });
});
