// What the doctor found at one step of the way, and how bad that is; runs several such steps at a time.
import type { FaultCode } from '../errors/table.ts';
import { FAULTS } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';

/** In order of how bad it is. `unknown` where it was not looked at, as after an earlier step's failure. */
export const OUTCOMES = ['fine', 'unknown', 'doubtful', 'wrong'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type Compared = Readonly<Record<string, string | number | boolean>>;

export interface Examination {
  /** As `identity token` or `role lake`. */
  readonly step: string;
  readonly outcome: Outcome;
  /** What was seen, one sentence without its full stop. */
  readonly found: string;
  /** The fault that the bridge would log. */
  readonly fault?: FaultCode;
  /** What was compared with what; no secret. */
  readonly compared?: Compared;
  /** What to do about it, one line; absent where all is fine. */
  readonly fix?: string;
}

export type Examined = AsyncGenerator<Examination, void, undefined>;

/** What is worth a step, or a word of the step that all is fine. */
export type Observation = Examination | string;

/** What a grant's examination calls things. */
export interface StepNames {
  /** Steps: of the grant, and where S3 refuses the bucket as a whole, of that. */
  readonly grant: string;
  readonly bucket: string;
  /** Who asks, as AWS names it. */
  readonly as: string;
}

/**
 * @param found what could not be had, as in `cannot be assumed`
 * @param more.fix instead of the fault's own fix, where more is known
 * @param more.compared besides what the fault itself tells
 */
export function failed(
  step: string,
  found: string,
  { code, detail }: Fault,
  more: { readonly fix?: string | undefined; readonly compared?: Compared } = {},
): Examination {
  const compared = { ...more.compared, ...comparedOf(detail) };
  return {
    step,
    outcome: 'wrong',
    found: `${found}: ${code}`,
    fault: code,
    ...(Object.keys(compared).length === 0 ? {} : { compared }),
    fix: more.fix ?? FAULTS[code].fix,
  };
}

/** The configuration shares it with a partner, and does not repeat it either. */
const SHARED_SECRET = 'sts:ExternalId';

function comparedOf(detail: Fault['detail']): Compared {
  const present = Object.entries(detail).filter((entry): entry is [string, Compared[string]] => {
    return entry[1] !== undefined;
  });
  return Object.fromEntries(
    present.map(([name, value]) => [name, name === SHARED_SECRET ? 'given, not shown' : value]),
  );
}

/** So many that a supplier which hangs costs a large configuration little more than a small one, and STS throttles nobody. */
const AT_ONCE = 16;

/** What an item's examination yields comes as soon as it and all before it are done. */
export async function* examineInOrder<Item>(
  items: readonly Item[],
  examine: (item: Item) => Examined,
): Examined {
  const done = items.map(() => Promise.withResolvers<readonly Examination[]>());
  const queue = items.entries();
  const work = async (): Promise<void> => {
    // Shared by all who work: each takes what nobody has taken yet.
    for (const [position, item] of queue) {
      const found = Array.fromAsync(examine(item));
      done[position]?.resolve(found);
      await found.catch(() => undefined);
    }
  };
  for (let worker = 0; worker < AT_ONCE; worker += 1) void work();
  // A failure is met below, when its turn comes.
  for (const { promise } of done) promise.catch(() => undefined);
  for (const { promise } of done) yield* await promise;
}
