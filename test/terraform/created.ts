// Finds the resources that a module creates for given variables, and their arguments, including those of dynamic blocks.
import { META_ARGUMENTS } from './block-checks.ts';
import { moduleValues } from './module-values.ts';
import { bodiesOf } from './modules.ts';
import type { Block, Body, Module } from './modules.ts';
import { rootStandIns } from './sample.ts';
import type { Variables } from './sample.ts';

type Evaluate = (value: unknown, standIns: Variables) => Promise<unknown>;

/** @returns a function that resolves with the arguments of each resource that a block creates @param more further stand-ins */
export function creations(
  root: Module,
  variables: Variables,
  more: Variables = {},
): (block: Block) => Promise<Body[]> {
  const evaluate: Evaluate = (value, standIns) =>
    moduleValues(root, variables, { ...rootStandIns(variables), ...more, ...standIns }).evaluate(value);
  return async ({ body }) => {
    const { for_each: each, count = 1 } = body;
    const own = Object.fromEntries(
      Object.entries(body).filter(([name]) => name === 'dynamic' || !META_ARGUMENTS.has(name)),
    );
    if (each === undefined)
      return (await evaluate(count, {})) === 0 ? [] : [await argumentsOf(own, evaluate, {})];
    const items = itemsOf(await evaluate(each, {}));
    return Promise.all(items.map((item) => argumentsOf(own, evaluate, { each: item })));
  };
}

/** The keys and values of what a `for_each` iterates over. */
function itemsOf(collection: unknown): { key: unknown; value: unknown }[] {
  if (Array.isArray(collection)) return collection.map((value: unknown) => ({ key: value, value }));
  return Object.entries(collection ?? {}).map(([key, value]) => ({
    key,
    value: value as unknown,
  }));
}

async function argumentsOf(body: Body, evaluate: Evaluate, standIns: Variables): Promise<Body> {
  const { dynamic, ...plain } = body;
  const entries = Object.entries(plain).map(async ([name, value]): Promise<[string, unknown]> => {
    if (!isBlocks(value)) return [name, await evaluate(value, standIns)];
    return [name, await Promise.all(value.map((inner) => argumentsOf(inner, evaluate, standIns)))];
  });
  const generated = Object.entries((dynamic ?? {}) as Body).map(
    async ([label, bodies]): Promise<[string, unknown]> => {
      const all = bodiesOf(bodies).map(async ({ for_each: each, content }) => {
        const items = itemsOf(await evaluate(each, standIns));
        const contents = items.flatMap((item) =>
          bodiesOf(content).map((inner) => argumentsOf(inner, evaluate, { ...standIns, [label]: item })),
        );
        return Promise.all(contents);
      });
      return [label, (await Promise.all(all)).flat()];
    },
  );
  const found = Object.fromEntries(await Promise.all(entries)) as Body;
  for (const [label, bodies] of await Promise.all(generated))
    Object.assign(found, { [label]: [...bodiesOf(found[label]), ...bodiesOf(bodies)] });
  return found;
}

/** A list of literal objects is a block for the parser, too; evaluating it item by item gives the same value. */
const isBlocks = (value: unknown): value is Body[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
