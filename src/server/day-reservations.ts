// Counts one caller's bytes of one day: used, reserved for reads in progress, and held for reads of unknown length.
import type { Reservation } from '../s3/budget/allowance.ts';

/** One caller's bytes of one day. A read counts for the day on which it began. */
export interface Day {
  /** The number of days since 1970 in UTC. */
  readonly date: number;
  used: number;
  /** The bytes of reads whose length is known, including the bytes received so far. */
  reserved: number;
  /** The bytes of reads whose length is not known yet. */
  held: number;
  waiting: number;
  mayHold: boolean;
  readonly passed: Set<number>;
  /** Resolves when a hold ends. */
  holdEnds: PromiseWithResolvers<undefined> | undefined;
}

/** @param date days since 1970 in UTC */
export const newDay = (date: number): Day => ({
  date,
  used: 0,
  reserved: 0,
  held: 0,
  waiting: 0,
  mayHold: true,
  passed: new Set(),
  holdEnds: undefined,
});

/**
 * Reserves or holds the bytes without checking that they fit.
 * @param options.hasFree whether the caller may receive this many more bytes today
 * @param options.onReserved called whenever the used and reserved bytes may have grown
 */
export function openReservation(
  day: Day,
  options: {
    readonly bytes: number;
    readonly isHold: boolean;
    readonly hasFree: (more: number) => boolean;
    readonly onReserved: () => void;
  },
): Reservation {
  const { hasFree, onReserved } = options;
  let { bytes, isHold } = options;
  let received = 0;
  let isClosed = false;
  const endHold = (): void => {
    isHold = false;
    day.held -= bytes;
    day.holdEnds?.resolve(undefined);
    day.holdEnds = undefined;
  };
  if (isHold) day.held += bytes;
  else {
    day.reserved += bytes;
    onReserved();
  }
  return {
    fix: (exact) => {
      if (exact > bytes && !hasFree(exact - bytes)) return false;
      if (isHold) endHold();
      else day.reserved -= bytes;
      bytes = exact;
      day.reserved += bytes;
      onReserved();
      return true;
    },
    receive: (more) => {
      if (isClosed) {
        // Counts the last bytes that arrive before the connection closes.
        day.used += more;
        return true;
      }
      received += more;
      if (received <= bytes) return true;
      const fits = hasFree(received - bytes);
      day.reserved += received - bytes;
      bytes = received;
      onReserved();
      return fits;
    },
    close: (atLeast = 0) => {
      if (isClosed) return;
      isClosed = true;
      if (isHold) endHold();
      else day.reserved -= bytes;
      day.used += Math.max(received, atLeast);
      onReserved();
    },
  };
}
