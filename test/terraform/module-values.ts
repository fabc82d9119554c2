// Evaluates a module's locals and outputs for given variables, with stand-ins for values that Google Cloud and AWS
// return.
import { evaluateValue } from './evaluate.ts';
import type { Scope } from './evaluate.ts';
import type { Block, Module } from './modules.ts';
import { typedValue } from './typed-value.ts';

export interface ModuleValues {
  evaluate(value: unknown): Promise<unknown>;
  local(name: string): Promise<unknown>;
  output(name: string): Promise<unknown>;
  /** @returns the error messages of a variable's failed validations */
  problemsOf(variable: string): Promise<string[]>;
}

/** @param standIns values by the first word of a reference: a type, `data`, `module`, `path` */
export function moduleValues(
  module: Module,
  set: Readonly<Record<string, unknown>>,
  standIns: Readonly<Record<string, unknown>> = {},
): ModuleValues {
  const cache = new Map<string, Promise<unknown>>();
  const once = (key: string, value: () => Promise<unknown>): Promise<unknown> => {
    const found = cache.get(key) ?? value();
    cache.set(key, found);
    return found;
  };
  const variable = (block: Block): Promise<unknown> =>
    once(block.address, async () => {
      const { type, default: otherwise } = block.body;
      const value = block.name in set ? set[block.name] : await evaluateValue(otherwise, scope);
      if (value === undefined) throw new Error(`${block.name} must be set.`);
      return typedValue(String(type), value);
    });
  const local = (name: string): Promise<unknown> =>
    once(`local.${name}`, () => {
      if (!module.locals.has(name)) throw new Error(`There is no local.${name}.`);
      return evaluateValue(module.locals.get(name), scope);
    });
  const lazily = (names: readonly string[], value: (name: string) => Promise<unknown>): object =>
    Object.defineProperties<object>(
      {},
      Object.fromEntries(names.map((name) => [name, { get: () => value(name), enumerable: true }])),
    );
  const variables = new Map(module.variables.map((block) => [block.name, block]));
  const byName = (name: string): Block => {
    const block = variables.get(name);
    if (block === undefined) throw new Error(`There is no variable ${name}.`);
    return block;
  };
  const scope: Scope = (name) => {
    if (name === 'var') return Promise.resolve(lazily([...variables.keys()], (key) => variable(byName(key))));
    if (name === 'local') return Promise.resolve(lazily([...module.locals.keys()], local));
    return Promise.resolve(standIns[name]);
  };
  return {
    evaluate: (value) => evaluateValue(value, scope),
    local,
    output: (name) =>
      evaluateValue(module.outputs.find((block) => block.name === name)?.body['value'], scope),
    problemsOf: async (name) => {
      const block = byName(name);
      await variable(block);
      const rules = (block.body['validation'] ?? []) as { condition: string; error_message: string }[];
      const broken = await Promise.all(
        rules.map(async ({ condition, error_message: message }) =>
          (await evaluateValue(condition, scope)) === true ? [] : [await evaluateValue(message, scope)],
        ),
      );
      return broken.flat() as string[];
    },
  };
}
