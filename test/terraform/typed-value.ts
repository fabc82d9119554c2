// Converts a value to a variable's type, as Terraform does: fills in defaults, and rejects missing fields and wrong types.
import type { Node } from './expression.ts';
import { treeOf } from './expression.ts';
import { evaluate } from './evaluate.ts';

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** @param type in the parser's format, `${list(string)}` @throws Error if the value has a different type */
export async function typedValue(type: string, value: unknown): Promise<unknown> {
  const code = type.slice(2, -1);
  return convert(await treeOf(code), code, value);
}

async function convert(type: Node, code: string, value: unknown): Promise<unknown> {
  if (value === null) return null;
  if (type.type === 'scopeTraversal') return simple(String(type.meta['value']), value);
  const [inner] = type.children;
  if (type.type !== 'function' || inner === undefined) throw new Error(`${code} is not a known type.`);
  switch (type.meta['name']) {
    case 'list':
      if (!Array.isArray(value)) break;
      return Promise.all(value.map((item: unknown) => convert(inner, code, item)));
    case 'map':
      if (!isObject(value)) break;
      return converted(
        Object.entries(value).map(([key, item]) => [key, convert(inner, code, item)] as const),
      );
    case 'object':
      if (!isObject(value)) break;
      return object(inner, code, value);
  }
  throw new Error(`${JSON.stringify(value)} is not of type ${String(type.meta['name'])}.`);
}

async function object(fields: Node, code: string, value: Record<string, unknown>): Promise<unknown> {
  return converted(
    fields.children.flatMap((key, i) => {
      const type = fields.children[i + 1];
      if (i % 2 === 1 || type === undefined) return [];
      const name = Buffer.from(code).subarray(key.range.start.byte, key.range.end.byte).toString();
      return [[name, field(name, type, code, value[name])] as const];
    }),
  );
}

async function field(name: string, type: Node, code: string, value: unknown): Promise<unknown> {
  if (type.meta['name'] !== 'optional') {
    if (value === undefined) throw new Error(`The field ${name} is missing.`);
    return convert(type, code, value);
  }
  const [inner, otherwise] = type.children;
  if (inner === undefined) throw new Error(`optional() without a type: ${code}`);
  if (value !== undefined && value !== null) return convert(inner, code, value);
  return otherwise === undefined ? null : convert(inner, code, await evaluate(otherwise, code, nothing));
}

function simple(type: string, value: unknown): unknown {
  const known = { string: 'string', number: 'number', bool: 'boolean' }[type];
  if (known === typeof value) return value;
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return String(value);
  throw new Error(`${JSON.stringify(value)} is not of type ${type}.`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function converted(
  entries: readonly (readonly [string, Promise<unknown>])[],
): Promise<Record<string, unknown>> {
  return Object.fromEntries(
    await Promise.all(entries.map(async ([key, value]) => [key, await value] as const)),
  );
}
