// Durations and sizes in a configuration: one whole number and one unit, like "30s" or "32MB".

/** The notation of one kind of quantity. */
export interface Notation {
  readonly name: string;
  /** Each unit's factor, in ascending order; the first factor is 1. */
  readonly units: ReadonlyMap<string, number>;
  readonly examples: string;
}

/** The notation of durations, in seconds. */
export const DURATION: Notation = {
  name: 'duration',
  units: new Map([
    ['s', 1],
    ['m', 60],
    ['h', 3600],
  ]),
  examples: '30s or 1h',
};

/** The notation of sizes, in bytes. */
export const SIZE: Notation = {
  name: 'size',
  units: new Map([
    ['B', 1],
    ['KB', 1e3],
    ['KiB', 2 ** 10],
    ['MB', 1e6],
    ['MiB', 2 ** 20],
    ['GB', 1e9],
    ['GiB', 2 ** 30],
    ['TB', 1e12],
    ['TiB', 2 ** 40],
  ]),
  examples: '64KiB or 32MB',
};

/**
 * Parses a quantity strictly, so that it can be written in only a few ways. Rejects signs, fractions, spaces, units in a
 * different case, and a second unit.
 */
export function readQuantity(text: string, { units }: Notation): number | undefined {
  const [, count, unit = ''] = /^(\d+)([a-z]+)$/i.exec(text) ?? [];
  const factor = units.get(unit);
  if (count === undefined || factor === undefined) return undefined;
  const quantity = Number(count) * factor;
  return Number.isSafeInteger(quantity) ? quantity : undefined;
}

/** Formats a whole number of seconds or bytes in the largest unit that divides it evenly. */
export function showQuantity(quantity: number, { units }: Notation): string {
  const [unit, factor] = [...units].findLast(
    ([, divisor]) => quantity % divisor === 0 && divisor <= Math.max(quantity, 1),
  ) ?? ['', 1];
  return `${quantity / factor}${unit}`;
}

export const showDuration = (seconds: number): string => showQuantity(seconds, DURATION);

/** Guesses which quantity was intended if the unit is missing, has the wrong case, or follows a space. */
export function guessQuantity(value: unknown, notation: Notation): number | undefined {
  const [, count, written = ''] = /^(\d+)\s*([a-z]*)$/i.exec(String(value)) ?? [];
  const unit = [...notation.units.keys()].find(
    (known) => written === '' || known.toLowerCase() === written.toLowerCase(),
  );
  return count === undefined || unit === undefined ? undefined : readQuantity(`${count}${unit}`, notation);
}
