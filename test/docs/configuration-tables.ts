// Creates the tables in docs/reference/configuration.md, which list every field in the JSON Schema and every environment
// variable.
import type * as z from 'zod';
import { VARIABLES } from '../../src/config/environment-variables.ts';
import { tableOf } from './markdown.ts';

type Schema = z.core.JSONSchema.JSONSchema;

/** The maps in the configuration document, in the page's order, each with its path from the document's root. */
const SECTIONS: readonly (readonly [heading: string, path: readonly string[]])[] = [
  ['The document', []],
  ['`aws`', ['aws']],
  ['`identity`, if it is a map', ['identity']],
  ['`issuers[]`', ['issuers']],
  ['`roles.NAME`', ['roles']],
  ['`roles.NAME.then[]`', ['roles', 'then']],
  ['`buckets.NAME`', ['buckets']],
  ['`grants[]`', ['grants']],
  ['`budgets[]`', ['budgets']],
  ['`egress`', ['egress']],
  ['`egress.prices.REGION`', ['egress', 'prices']],
  ['`readAhead`', ['readAhead']],
  ['`responses`', ['responses']],
  ['`cache`', ['cache']],
  ['`cors`', ['cors']],
  ['`console`', ['console']],
  ['`limits`', ['limits']],
];

const partsOf = ({ anyOf }: Schema): Schema[] => anyOf ?? [];

/** @returns the map that a schema describes, either directly or as the type of its elements */
function mapIn(schema: Schema): Schema | undefined {
  if (schema.properties !== undefined) return schema;
  const inner: unknown[] = [schema.items, schema.additionalProperties, ...partsOf(schema)];
  const maps = inner.map((each) => (typeof each === 'object' ? mapIn(each as Schema) : undefined));
  return maps.find((each) => each !== undefined);
}

function at(schema: Schema, path: readonly string[]): Schema {
  const map = mapIn(schema);
  const [field, ...rest] = path;
  if (map === undefined) throw new Error(`No map at ${path.join('.')}`);
  return field === undefined ? map : at((map.properties?.[field] ?? {}) as Schema, rest);
}

function typeOf(schema: Schema): string {
  const { type, enum: words, items, minimum, maximum, pattern = '' } = schema;
  if (partsOf(schema).length > 0) return partsOf(schema).map(typeOf).join(', or ');
  if (words !== undefined) return words.map((word) => `\`${String(word)}\``).join(', ');
  if (type === 'array') return `list of ${typeOf(items as Schema)}`;
  if (type === 'object') return schema.properties === undefined ? 'map by name' : 'map';
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer') return `number, ${counted(minimum)} to ${counted(maximum)}`;
  if (type === 'number') return 'number';
  if (pattern.includes('KiB')) return 'size';
  return pattern.startsWith('^\\d+(?:') ? 'duration' : 'text';
}

const counted = (count = 0): string => count.toLocaleString('en');

/** @returns the value as one line of YAML */
function inYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => `${key}: ${inYaml(inner)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' && /^\d+$/.test(value) ? `"${value}"` : String(value);
}

const code = (value: unknown): string => (value === undefined ? '' : `\`${inYaml(value)}\``);

function rowOf(name: string, schema: Schema, required: boolean): readonly string[] {
  const [meaning = '', otherwise] = (schema.description ?? '').split(/ Default: (?=.*\.$)/);
  const isMap = schema.properties !== undefined;
  const implied = schema.default === undefined || isMap ? '' : code(schema.default);
  const fallback = required ? 'required' : (otherwise?.replace(/\.$/, '') ?? implied);
  return [`\`${name}\``, typeOf(schema), fallback, code(schema.examples?.[0]), meaning];
}

/** A table for each map of the document, under a heading. */
export function fieldTables(document: Schema): string {
  const tables = SECTIONS.map(([heading, path]) => {
    const { properties = {}, required = [] } = at(document, path);
    const rows = Object.entries(properties).map(([name, schema]) =>
      rowOf(name, schema as Schema, required.includes(name)),
    );
    return `\n### ${heading}\n\n${tableOf(['field', 'type', 'default', 'example', 'meaning'], rows)}`;
  });
  return `${tables.join('')}\n`;
}

export const variableTable = (): string =>
  tableOf(
    ['variable', 'default', 'meaning'],
    VARIABLES.map(({ name, meaning, default: value = '' }) => [
      `\`${name}\``,
      /^\S+$/.test(value) ? `\`${value}\`` : value,
      meaning,
    ]),
  );
