// The Terraform functions that the Terraform files call. Arguments are evaluated lazily, because some functions catch their errors.
import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';

/** @returns the entries of an object in Terraform's order */
export const entriesOf = (value: object): [string, unknown][] =>
  Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

type Argument = () => Promise<unknown>;
type TerraformFunction = (...args: Argument[]) => unknown;

const strict =
  (call: (...values: never[]) => unknown): TerraformFunction =>
  async (...args) =>
    (call as (...values: unknown[]) => unknown)(...(await Promise.all(args.map((arg) => arg()))));

/** RE2 rejects repetition counts over 1,000, which JavaScript accepts. */
function pattern(text: string, flags = ''): RegExp {
  for (const [, count] of text.matchAll(/\{(?:\d*,)?(\d+)\}/g))
    if (Number(count) > 1000) throw new Error(`RE2 does not support ${count} repetitions.`);
  return new RegExp(text, `u${flags}`);
}

/** Fields are sorted by name, because a Terraform object's fields have no order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, sorted(item)]));
}

function required<T>(value: T | null | undefined, function_: string): T {
  if (value === null || value === undefined) throw new Error(`${function_} of null.`);
  return value;
}

const unique = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];

export const FUNCTIONS: Readonly<Record<string, TerraformFunction>> = {
  can: async (argument) => {
    try {
      await required(argument, 'can')();
      return true;
    } catch {
      return false;
    }
  },
  try: async (...args) => {
    for (const argument of args) {
      try {
        return await argument();
      } catch {
        // Tries the next argument.
      }
    }
    throw new Error('Every argument of try failed.');
  },
  alltrue: strict((items: boolean[]) => items.every(Boolean)),
  anytrue: strict((items: boolean[]) => items.some(Boolean)),
  cidrnetmask: strict((cidr: string) => {
    const [address = '', bits = ''] = cidr.split('/');
    const valid = /^\d+(\.\d+){3}$/.test(address) && address.split('.').every((byte) => Number(byte) < 256);
    if (!valid || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw new Error(`${cidr} is not a range.`);
    return bits;
  }),
  coalesce: strict((...values: unknown[]) =>
    required(
      values.find((value) => value !== null && value !== ''),
      'coalesce',
    ),
  ),
  concat: strict((...lists: unknown[][]) => lists.flat()),
  contains: strict((list: unknown[], item: unknown) => list.includes(item)),
  distinct: strict(unique),
  endswith: strict((text: string, end: string) => required(text, 'endswith').endsWith(end)),
  flatten: strict((list: unknown[]) => list.flat(Infinity)),
  floor: strict((value: number) => Math.floor(value)),
  join: strict((separator: string, list: string[]) => list.join(separator)),
  jsondecode: strict((text: string) => JSON.parse(text) as unknown),
  jsonencode: strict((value: unknown) => JSON.stringify(sorted(value))),
  keys: strict((map: object) => Object.keys(map).sort()),
  length: strict((value: unknown) => {
    if (typeof value === 'string' || Array.isArray(value)) return value.length;
    return Object.keys(required(value as object | null, 'length')).length;
  }),
  lookup: strict((map: Record<string, unknown>, key: string, otherwise: unknown) => map[key] ?? otherwise),
  lower: strict((text: string) => text.toLowerCase()),
  max: strict((...values: number[]) => Math.max(...values)),
  min: strict((...values: number[]) => Math.min(...values)),
  pow: strict((base: number, exponent: number) => base ** exponent),
  sha256: strict((text: string) => createHash('sha256').update(text).digest('hex')),
  tostring: strict((value: unknown) => String(value)),
  trimprefix: strict((text: string, start: string) =>
    text.startsWith(start) ? text.slice(start.length) : text,
  ),
  merge: strict((...maps: object[]) => Object.fromEntries(maps.flatMap((map) => entriesOf(map)))),
  one: strict((list: unknown[]) => {
    if (list.length > 1) throw new Error('one requires a list with at most one item.');
    return list[0] ?? null;
  }),
  regex: strict((expression: string, text: string) => {
    const match = pattern(expression).exec(required(text, 'regex'));
    const [whole, ...groups] = required(match, 'regex');
    return groups.length > 0 ? groups : whole;
  }),
  replace: strict((text: string, from: string, to: string) =>
    /^\/.+\/$/.test(from)
      ? text.replace(pattern(from.slice(1, -1), 'g'), () => to)
      : text.replaceAll(from, () => to),
  ),
  // `sensitive` hides a value in Terraform's output, but does not change it.
  sensitive: strict((value: unknown) => value),
  setproduct: strict((left: unknown[], right: unknown[]) => left.flatMap((a) => right.map((b) => [a, b]))),
  sort: strict((list: string[]) => [...list].sort()),
  split: strict((separator: string, text: string) => required(text, 'split').split(separator)),
  startswith: strict((text: string, start: string) => required(text, 'startswith').startsWith(start)),
  strcontains: strict((text: string, part: string) => required(text, 'strcontains').includes(part)),
  substr: strict((text: string, from: number, length: number) => text.slice(from, from + length)),
  tonumber: strict((text: string) => {
    if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`${text} is not a number.`);
    return Number(text);
  }),
  tolist: strict((items: unknown[]) => [...items]),
  // Terraform iterates over the strings of a set in lexical order.
  toset: strict((list: unknown[]) => unique(list).sort()),
  trimspace: strict((text: string) => required(text, 'trimspace').trim()),
  // Like Go's url.QueryEscape, which Terraform calls.
  urlencode: strict((text: string) =>
    encodeURIComponent(text)
      .replaceAll('%20', '+')
      .replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`),
  ),
  values: strict((map: object) => entriesOf(map).map(([, value]) => value)),
  yamldecode: strict((text: string) => parseYaml(text) as unknown),
  // JSON is valid YAML. Without a newline, the bridge reads FEDBRIDGE_CONFIG as a path, not as YAML.
  yamlencode: strict((value: unknown) => `${JSON.stringify(sorted(value), null, 2)}\n`),
};
