// What the schema knows and the bridge cannot do yet. Building one of these ends with deleting its line here.
import type { Finding } from './problem.ts';
import { entriesOf, itemsOf } from './raw.ts';
import type { Path } from './show.ts';

interface Unbuilt {
  /** `*` stands for every entry of a map or list. Empty lists are not refused. */
  readonly at: Path;
  readonly remedy: string;
}

const UNBUILT: readonly Unbuilt[] = [
  { at: ['identity', 'impersonate'], remedy: 'Write `identity: metadata` and run on Google Cloud.' },
  { at: ['identity', 'file'], remedy: 'Write `identity: metadata` and run on Google Cloud.' },
  { at: ['identity', 'profile'], remedy: 'Write `identity: metadata` and run on Google Cloud.' },
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
  return UNBUILT.flatMap(({ at, remedy }) =>
    [...placesIn(raw, at)]
      .filter(([, found]) => !isAbsent(found))
      .map(([path]) => ({ path, rule: 'is not built yet in this version', remedy })),
  );
}
