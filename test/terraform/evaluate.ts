// Evaluates Terraform expressions, but supports only the language features that the Terraform files use.
import { isDeepStrictEqual } from 'node:util';
import type { Node } from './expression.ts';
import { partsOf, treeOf } from './expression.ts';
import { entriesOf, FUNCTIONS } from './functions.ts';

/** Resolves with the value of a name, or with undefined if the name is unknown. */
export type Scope = (name: string) => Promise<unknown>;

/** Evaluates a value in a parsed file, including nested values. @throws Error if the evaluation fails in Terraform too */
export async function evaluateValue(value: unknown, scope: Scope): Promise<unknown> {
  if (typeof value === 'string') return evaluateText(value, scope);
  if (Array.isArray(value)) return Promise.all(value.map((item: unknown) => evaluateValue(item, scope)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([key, item]: [string, unknown]) => [
    await evaluateText(key, scope),
    await evaluateValue(item, scope),
  ]);
  return Object.fromEntries((await Promise.all(entries)) as [string, unknown][]);
}

async function evaluateText(text: string, scope: Scope): Promise<unknown> {
  const parts = await Promise.all(
    partsOf(text).map(async (part) =>
      typeof part === 'string' ? part : evaluate(await treeOf(part.code), part.code, scope),
    ),
  );
  return parts.length === 1 ? parts[0] : parts.map(textOf).join('');
}

/** @param code the text to which the node's ranges refer */
export async function evaluate(node: Node, code: string, scope: Scope): Promise<unknown> {
  const child = (i: number): Node => {
    const found = node.children[i];
    if (found === undefined) throw new Error(`${node.type} without ${i}: ${code}`);
    return found;
  };
  const value = (i: number, within: Scope = scope): Promise<unknown> => evaluate(child(i), code, within);
  switch (node.type) {
    case 'literalValue':
      return literal(node);
    case 'template':
      return (await Promise.all(node.children.map((_, i) => value(i)))).map(textOf).join('');
    case 'templateWrap':
      return value(0);
    case '':
      return node.children.length === 0 ? scope('[*]') : value(0);
    case 'scopeTraversal': {
      const [first, ...steps] = stepsOf(node);
      return follow(await scope(String(first)), steps, node);
    }
    case 'relativeTraversal':
      return follow(await value(0), stepsOf(node), node);
    case 'index':
      return follow(await value(0), [(await value(1)) as string | number], node);
    case 'conditional':
      return (await value(0)) === true ? value(1) : value(2);
    case 'unaryOp':
      return node.meta['operator'] === 'negate' ? -Number(await value(0)) : (await value(0)) !== true;
    case 'binaryOp':
      // Evaluates both sides, as Terraform did before 1.12, so an error on the right counts even if the left side decides.
      return operate(String(node.meta['operator']), await value(0), await value(1));
    case 'tuple':
      return Promise.all(node.children.map((_, i) => value(i)));
    case 'object': {
      const pairs = node.children.flatMap((key, i) =>
        i % 2 === 0 ? [[keyOf(key, code, scope), value(i + 1)]] : [],
      );
      return Object.fromEntries(
        (await Promise.all(pairs.map((pair) => Promise.all(pair)))) as [string, unknown][],
      );
    }
    case 'for':
      return evaluateFor(node, code, scope);
    case 'splat': {
      const source = await value(0);
      const items = Array.isArray(source) ? (source as unknown[]) : source === null ? [] : [source];
      return Promise.all(
        items.map((item) => value(1, (name) => (name === '[*]' ? Promise.resolve(item) : scope(name)))),
      );
    }
    case 'function': {
      const name = String(node.meta['name']);
      const call = FUNCTIONS[name];
      if (call === undefined) throw new Error(`The function ${name} is not in test/terraform/functions.ts.`);
      return call(...node.children.map((_, i) => () => value(i)));
    }
    default:
      throw new Error(`Unknown node ${node.type}: ${code}`);
  }
}

async function evaluateFor(node: Node, code: string, scope: Scope): Promise<unknown> {
  const { keyVar, valVar, keyExpression, groupedValue, conditionalExpression } = node.meta;
  const [collection, ...rest] = node.children;
  if (collection === undefined) throw new Error(`There is no collection: ${code}`);
  const source = await evaluate(collection, code, scope);
  if (typeof source !== 'object' || source === null) throw new Error(`Not a collection: ${code}`);
  const entries: [unknown, unknown][] = Array.isArray(source)
    ? [...(source as unknown[]).entries()]
    : entriesOf(source);
  const pairs: [unknown, unknown][] = [];
  for (const [key, item] of entries) {
    const inner: Scope = (name) =>
      name === valVar ? Promise.resolve(item) : name === keyVar ? Promise.resolve(key) : scope(name);
    const values = async (i: number): Promise<unknown> => {
      const at = rest[i];
      return at === undefined ? undefined : evaluate(at, code, inner);
    };
    const isObject = keyExpression !== undefined;
    if (conditionalExpression !== undefined && (await values(isObject ? 2 : 1)) !== true) continue;
    pairs.push(isObject ? [await values(0), await values(1)] : [undefined, await values(0)]);
  }
  if (keyExpression === undefined) return pairs.map(([, item]) => item);
  const groups = Object.entries(Object.groupBy(pairs, ([key]) => String(key)));
  return Object.fromEntries(
    groups.map(([key, group = []]) => {
      if (group.length > 1 && groupedValue !== true)
        throw new Error(`Two items have the key ${key}: ${code}`);
      return [key, groupedValue === true ? group.map(([, item]) => item) : group[0]?.[1]];
    }),
  );
}

/** @returns the names and indices in a traversal such as `a.b["c"]` */
function stepsOf({ meta }: Node): (string | number)[] {
  const traversal = meta['traversal'] as readonly { readonly type: string; readonly segment: string }[];
  return traversal.map(({ type, segment }) =>
    type === 'nameTraversal' ? segment : (JSON.parse(segment) as string | number),
  );
}

/** Values along the path may be promises. */
async function follow(value: unknown, steps: readonly (string | number)[], node: Node): Promise<unknown> {
  let at = value;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step))
      throw new Error(`There is no ${step} in ${String(node.meta['value'])}.`);
    at = await (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** Returns the key of an object's entry. An unquoted word is the key itself, not a reference. */
async function keyOf(key: Node, code: string, scope: Scope): Promise<string> {
  const [inner] = key.children;
  if (inner !== undefined) return textOf(await evaluate(inner, code, scope));
  return Buffer.from(code).subarray(key.range.start.byte, key.range.end.byte).toString();
}

function literal({ meta }: Node): unknown {
  const text = String(meta['value']);
  switch (meta['type']) {
    case 'number':
      return Number(text);
    case 'bool':
      return text === 'true';
    case 'string':
      return (JSON.parse(`"${text}"`) as string).replaceAll('$${', '${');
    default:
      return null;
  }
}

export function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new Error(`${JSON.stringify(value)} is not a string.`);
}

function operate(operator: string, left: unknown, right: unknown): unknown {
  switch (operator) {
    case 'equal':
      return isDeepStrictEqual(left, right);
    case 'notEqual':
      return !isDeepStrictEqual(left, right);
    case 'logicalAnd':
      return left === true && right === true;
    case 'logicalOr':
      return left === true || right === true;
  }
  if (typeof left !== 'number' || typeof right !== 'number')
    throw new Error(`${operator} requires numbers, not ${JSON.stringify([left, right])}.`);
  switch (operator) {
    case 'lessThanOrEqual':
      return left <= right;
    case 'greaterThanOrEqual':
      return left >= right;
    case 'lessThan':
      return left < right;
    case 'greaterThan':
      return left > right;
    case 'multiply':
      return left * right;
    case 'add':
      return left + right;
    case 'subtract':
      return left - right;
    default:
      throw new Error(`Unknown operator ${operator}.`);
  }
}
