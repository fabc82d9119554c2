// Describes what the doctor found at one step, and how severe it is. This module also runs several steps concurrently.
import type { FaultCode } from '../errors/table.ts';
import { FAULTS } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';

/**
 * The outcomes of a step, in order of severity. `unknown` means that the step was not checked, for example because an earlier
 * step failed.
 */
export const OUTCOMES = ['fine', 'unknown', 'doubtful', 'wrong'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type Compared = Readonly<Record<string, string | number | boolean>>;

export interface Examination {
  /** The name of the step, for example `identity token` or `role lake`. */
  readonly step: string;
  readonly outcome: Outcome;
  /** The finding: a sentence or phrase without a final period. */
  readonly found: string;
  /** The fault that the bridge would log. */
  readonly fault?: FaultCode;
  /** The values that were compared; never a secret. */
  readonly compared?: Compared;
  /** What the user should do, on one line; absent if there is nothing to do. */
  readonly fix?: string;
}

export type Examined = AsyncGenerator<Examination, void, undefined>;

/**
 * Either a finding that is reported as a separate step, or a short text about a success. All successes of one grant are
 * reported together in one step.
 */
export type Observation = Examination | string;

/** The names used in findings about a grant. */
export interface StepNames {
  /** The name of the grant's step. Findings about the whole bucket use `bucket` instead. */
  readonly grant: string;
  readonly bucket: string;
  /** The ARN of the session that sends the requests. */
  readonly as: string;
}

/**
 * @param found what failed, for example `cannot be assumed`
 * @param more.fix a more specific fix, which replaces the fault's own fix
 * @param more.compared values that are reported in addition to the fault's own details
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

/** The name of the detail that contains a secret shared with a partner. The value of this detail is never printed. */
const SHARED_SECRET = 'sts:ExternalId';

function comparedOf(detail: Fault['detail']): Compared {
  const present = Object.entries(detail).filter((entry): entry is [string, Compared[string]] => {
    return entry[1] !== undefined;
  });
  return Object.fromEntries(
    present.map(([name, value]) => [name, name === SHARED_SECRET ? 'given, not shown' : value]),
  );
}

/**
 * The number of items that are examined at once. The number is high enough that a hanging upstream delays a large configuration
 * little more than a small one, and low enough that STS does not throttle the requests.
 */
const AT_ONCE = 16;

/** Yields the findings for each item as soon as that item and all items before it are done. */
export async function* examineInOrder<Item>(
  items: readonly Item[],
  examine: (item: Item) => Examined,
): Examined {
  const done = items.map(() => Promise.withResolvers<readonly Examination[]>());
  const queue = items.entries();
  const work = async (): Promise<void> => {
    // All workers share this iterator, so each takes the next free item.
    for (const [position, item] of queue) {
      const found = Array.fromAsync(examine(item));
      done[position]?.resolve(found);
      await found.catch(() => undefined);
    }
  };
  for (let worker = 0; worker < AT_ONCE; worker += 1) void work();
  // Prevents unhandled rejections: an item may fail before the loop below awaits it. That loop then throws the failure.
  for (const { promise } of done) promise.catch(() => undefined);
  for (const { promise } of done) yield* await promise;
}
