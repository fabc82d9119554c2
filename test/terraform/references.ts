// Finds all references in a module's files, with their locations.
import type { Reference } from './expression.ts';
import { partsOf, referencesIn, treeOf } from './expression.ts';
import type { Block, Body, Module } from './modules.ts';

export interface Found {
  readonly where: string;
  readonly reference: Reference;
}

/** The values of these arguments look like references, but they are the names of types, providers or arguments. */
const NAMES_OF_OTHER_THINGS = {
  variable: ['type'],
  resource: ['provider', 'lifecycle.ignore_changes'],
} as const;

export async function referencesOfModule(module: Module): Promise<Found[]> {
  const { variables, outputs, resources, data, calls, checks, providers, locals } = module;
  const blocks = [...variables, ...outputs, ...resources, ...data, ...calls, ...checks, ...providers].map(
    async (block) => {
      const known = new Set(['path']);
      if ('for_each' in block.body) known.add('each');
      if ('count' in block.body) known.add('count');
      const references = await referencesOf(withoutNames(block), known);
      return references.map((reference) => ({ where: `${block.file}, ${block.address}`, reference }));
    },
  );
  const values = [...locals].map(async ([name, value]) => {
    const references = await referencesOf(value, new Set(['path']));
    return references.map((reference) => ({ where: `local.${name}`, reference }));
  });
  return (await Promise.all([...blocks, ...values])).flat();
}

function withoutNames({ type, body }: Block): Body {
  const names: readonly string[] = NAMES_OF_OTHER_THINGS[type === 'variable' ? 'variable' : 'resource'];
  const pruned = (value: Body, path: string): Body =>
    Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !names.includes(`${path}${key}`))
        .map(([key, item]) => [
          key,
          key === 'lifecycle' && Array.isArray(item)
            ? (item as Body[]).map((inner) => pruned(inner, 'lifecycle.'))
            : item,
        ]),
    );
  return pruned(body, '');
}

/** @returns the references in a value and in its nested values @param known names that are defined locally */
async function referencesOf(value: unknown, known: ReadonlySet<string>): Promise<Reference[]> {
  if (typeof value === 'string') {
    const codes = partsOf(value).flatMap((part) => (typeof part === 'string' ? [] : [part.code]));
    return (await Promise.all(codes.map(treeOf))).flatMap((tree) => referencesIn(tree, known));
  }
  if (Array.isArray(value)) {
    return (await Promise.all(value.map((item: unknown) => referencesOf(item, known)))).flat();
  }
  if (typeof value !== 'object' || value === null) return [];
  const found = Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    key === 'dynamic'
      ? [dynamicReferences(item as Body, known)]
      : [referencesOf(key, known), referencesOf(item, known)],
  );
  return (await Promise.all(found)).flat();
}

/** Inside the content of a dynamic block, the block's label refers to the current item. */
async function dynamicReferences(blocks: Body, known: ReadonlySet<string>): Promise<Reference[]> {
  const found = Object.entries(blocks).flatMap(([label, bodies]) =>
    (bodies as Body[]).flatMap(({ for_each: items, content }) => [
      referencesOf(items, known),
      referencesOf(content, new Set([...known, label])),
    ]),
  );
  return (await Promise.all(found)).flat();
}
