// What the schema knows and the bridge cannot do yet. Building one of these ends with deleting its line here.
import type { Finding } from './problem.ts';
import { entriesOf, itemsOf } from './raw.ts';
import { type Path, quote } from './show.ts';

interface Unbuilt {
  /** `*` stands for every entry of a map or list. */
  readonly at: Path;
  /** Refused where it has this value alone; absent: refused at any value, of lists the empty ones excepted. */
  readonly value?: string;
  readonly remedy: string;
}

const UNBUILT: readonly Unbuilt[] = [
  { at: ['identity', 'impersonate'], remedy: 'Write `identity: metadata` and run on Google Cloud.' },
  { at: ['identity', 'file'], remedy: 'Write `identity: metadata` and run on Google Cloud.' },
  { at: ['identity', 'profile'], remedy: 'Write `identity: metadata` and run on Google Cloud.' },
  { at: ['roles', '*', 'then'], remedy: 'Remove it, and let the first role itself read the bucket.' },
  { at: ['cors'], remedy: 'Remove it, and let browsers ask through a server of the same origin.' },
  {
    at: ['grants', '*', 'allow', '*'],
    value: 'versions',
    remedy: 'Remove it; get reads the latest version.',
  },
  { at: ['grants', '*', 'allow', '*'], value: 'tags', remedy: 'Remove it.' },
  {
    at: ['grants', '*', 'allow', '*'],
    value: 'attributes',
    remedy: 'Remove it; get tells size and ETag by HEAD.',
  },
];

/** The places of `raw` that a pattern stands for. */
function* placesIn(raw: unknown, at: Path, above: Path = []): Generator<readonly [Path, unknown]> {
  const [step, ...rest] = at;
  if (step === undefined) {
    yield [above, raw];
    return;
  }
  const children: readonly (readonly [string | number, unknown])[] = Array.isArray(raw)
    ? itemsOf(raw).map((item, position) => [position, item] as const)
    : entriesOf(raw);
  for (const [key, child] of children)
    if (step === '*' || step === key) yield* placesIn(child, rest, [...above, key]);
}

const isAbsent = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);

/** What a document asks for that is not built yet. */
export function findUnbuilt(raw: unknown): readonly Finding[] {
  return UNBUILT.flatMap(({ at, value, remedy }) =>
    [...placesIn(raw, at)]
      .filter(([, found]) => (value === undefined ? !isAbsent(found) : found === value))
      .map(([path, found]) => {
        const what = value === undefined ? '' : `${quote(String(found))} `;
        return { path, rule: `${what}is not built yet in this version`, remedy };
      }),
  );
}
