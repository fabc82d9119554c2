// Those of Terraform's functions that our files call. Arguments are asked for, as some functions catch their errors.

/** An object's entries in Terraform's order. */
export const entriesOf = (value: object): [string, unknown][] =>
  Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

type Argument = () => Promise<unknown>;
type TerraformFunction = (...args: Argument[]) => unknown;

const strict =
  (call: (...values: never[]) => unknown): TerraformFunction =>
  async (...args) =>
    (call as (...values: unknown[]) => unknown)(...(await Promise.all(args.map((arg) => arg()))));

/** RE2 refuses what JavaScript takes: a count beyond 1,000. */
function pattern(text: string, flags = ''): RegExp {
  for (const [, count] of text.matchAll(/\{(?:\d*,)?(\d+)\}/g))
    if (Number(count) > 1000) throw new Error(`RE2 repeats nothing ${count} times.`);
  return new RegExp(text, `u${flags}`);
}

/** Terraform's objects have no order: by their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, sorted(item)]));
}

function wanted<T>(value: T | null | undefined, function_: string): T {
  if (value === null || value === undefined) throw new Error(`${function_} of null.`);
  return value;
}

const unique = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];

export const FUNCTIONS: Readonly<Record<string, TerraformFunction>> = {
  can: async (argument) => {
    try {
      await wanted(argument, 'can')();
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
        // The next.
      }
    }
    throw new Error('try found nothing.');
  },
  alltrue: strict((items: boolean[]) => items.every(Boolean)),
  anytrue: strict((items: boolean[]) => items.some(Boolean)),
  cidrnetmask: strict((cidr: string) => {
    const [address = '', bits = ''] = cidr.split('/');
    const valid = /^\d+(\.\d+){3}$/.test(address) && address.split('.').every((byte) => Number(byte) < 256);
    if (!valid || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw new Error(`${cidr} is no range.`);
    return bits;
  }),
  coalesce: strict((...values: unknown[]) =>
    wanted(
      values.find((value) => value !== null && value !== ''),
      'coalesce',
    ),
  ),
  concat: strict((...lists: unknown[][]) => lists.flat()),
  contains: strict((list: unknown[], item: unknown) => list.includes(item)),
  distinct: strict(unique),
  endswith: strict((text: string, end: string) => wanted(text, 'endswith').endsWith(end)),
  flatten: strict((list: unknown[]) => list.flat(Infinity)),
  floor: strict((value: number) => Math.floor(value)),
  join: strict((separator: string, list: string[]) => list.join(separator)),
  jsondecode: strict((text: string) => JSON.parse(text) as unknown),
  jsonencode: strict((value: unknown) => JSON.stringify(sorted(value))),
  keys: strict((map: object) => Object.keys(map).sort()),
  length: strict((value: unknown) => {
    if (typeof value === 'string' || Array.isArray(value)) return value.length;
    return Object.keys(wanted(value as object | null, 'length')).length;
  }),
  lookup: strict((map: Record<string, unknown>, key: string, otherwise: unknown) => map[key] ?? otherwise),
  lower: strict((text: string) => text.toLowerCase()),
  max: strict((...values: number[]) => Math.max(...values)),
  merge: strict((...maps: object[]) => Object.fromEntries(maps.flatMap((map) => entriesOf(map)))),
  one: strict((list: unknown[]) => {
    if (list.length > 1) throw new Error('one of several.');
    return list[0] ?? null;
  }),
  regex: strict((expression: string, text: string) => {
    const match = pattern(expression).exec(wanted(text, 'regex'));
    const [whole, ...groups] = wanted(match, 'regex');
    return groups.length > 0 ? groups : whole;
  }),
  replace: strict((text: string, from: string, to: string) =>
    /^\/.+\/$/.test(from)
      ? text.replace(pattern(from.slice(1, -1), 'g'), () => to)
      : text.replaceAll(from, () => to),
  ),
  // Hides a value in what Terraform shows; the value itself stays as it is.
  sensitive: strict((value: unknown) => value),
  setproduct: strict((left: unknown[], right: unknown[]) => left.flatMap((a) => right.map((b) => [a, b]))),
  sort: strict((list: string[]) => [...list].sort()),
  split: strict((separator: string, text: string) => wanted(text, 'split').split(separator)),
  startswith: strict((text: string, start: string) => wanted(text, 'startswith').startsWith(start)),
  strcontains: strict((text: string, part: string) => wanted(text, 'strcontains').includes(part)),
  substr: strict((text: string, from: number, length: number) => text.slice(from, from + length)),
  tonumber: strict((text: string) => {
    if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`${text} is no number.`);
    return Number(text);
  }),
  toset: strict(unique),
  trimspace: strict((text: string) => wanted(text, 'trimspace').trim()),
  values: strict((map: object) => entriesOf(map).map(([, value]) => value)),
  // JSON is YAML; the newline makes it one for FEDBRIDGE_CONFIG too.
  yamlencode: strict((value: unknown) => `${JSON.stringify(sorted(value), null, 2)}\n`),
};
