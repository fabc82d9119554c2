// Checks a Terraform block against the provider's schema: its arguments' names, the required arguments, and the types of
// literal values.
import type { Body } from './modules.ts';
import { bodiesOf } from './modules.ts';
import type { BlockSchema } from './provider-schema.ts';

/** Terraform's own arguments, which every resource accepts. */
export const META_ARGUMENTS = new Set([
  'count',
  'for_each',
  'provider',
  'depends_on',
  'lifecycle',
  'provisioner',
  'dynamic',
]);

/** @returns one sentence for each problem in a resource or data block */
export function problemsOfResource(where: string, body: Body, schema: BlockSchema): string[] {
  return problemsOf(where, body, schema, META_ARGUMENTS);
}

function problemsOf(where: string, body: Body, schema: BlockSchema, ignored: ReadonlySet<string>): string[] {
  const own = Object.entries(body).filter(([name]) => name !== 'dynamic' && !ignored.has(name));
  const dynamic = Object.entries((body['dynamic'] ?? {}) as Record<string, Body[]>);
  const counts = new Map<string, number>();
  const problems: string[] = [];
  for (const [name, value] of own) {
    const attribute = schema.attributes[name];
    const block = schema.blocks[name];
    if (attribute !== undefined) problems.push(...problemsOfValue(`${where}.${name}`, attribute, value));
    else if (block === undefined) problems.push(`${where} has no argument ${name}.`);
    else {
      counts.set(name, bodiesOf(value).length);
      for (const inner of bodiesOf(value))
        problems.push(...problemsOf(`${where}.${name}`, inner, block, new Set()));
    }
  }
  for (const [name, bodies] of dynamic) {
    const block = schema.blocks[name];
    if (block === undefined) problems.push(`${where} has no block ${name}.`);
    else {
      counts.set(name, (counts.get(name) ?? 0) + bodies.length);
      for (const { content } of bodies)
        for (const inner of bodiesOf(content))
          problems.push(...problemsOf(`${where}.${name}`, inner, block, new Set()));
    }
  }
  for (const [name, { required, repeated }] of Object.entries(schema.blocks)) {
    const count = counts.get(name) ?? 0;
    if (required && count === 0) problems.push(`${where} requires a block ${name}.`);
    if (!repeated && count > 1) problems.push(`${where} allows one block ${name}, not ${count}.`);
  }
  for (const [name, attribute] of Object.entries(schema.attributes))
    if (attribute.startsWith('required ') && !(name in body)) problems.push(`${where} requires ${name}.`);
  return problems;
}

/** The type of an expression is unknown, so an expression is rejected only if the attribute is read-only. */
function problemsOfValue(where: string, attribute: string, value: unknown): string[] {
  const [use, type = ''] = attribute.split(' ');
  if (use === 'computed') return [`${where} is read-only.`];
  if (typeof value === 'string' && value.includes('${')) return [];
  const fits =
    (type === 'string' && ['string', 'number'].includes(typeof value)) ||
    (type === 'number' && typeof value === 'number') ||
    (type === 'bool' && typeof value === 'boolean') ||
    (/^(list|set)/.test(type) && Array.isArray(value)) ||
    (type.startsWith('map') && typeof value === 'object' && !Array.isArray(value)) ||
    type === 'dynamic';
  return fits ? [] : [`${where} must be ${type}, not ${JSON.stringify(value)}.`];
}
