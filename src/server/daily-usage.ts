// Counts the bytes that each caller has received from S3 during the current UTC day, and the bytes reserved for its reads in
// progress.
import { untilCancelled } from '../runtime/cancellation.ts';
import type { Cancellation } from '../runtime/cancellation.ts';
import type { Reservation } from '../s3/budget/allowance.ts';
import { newDay, openReservation } from './day-reservations.ts';
import type { Day } from './day-reservations.ts';

export interface DailyUsage {
  /**
   * Returns a caller's usage, which stays current on later days.
   * @param options.limit the bytes that the caller may receive per day
   * @param options.onReserved called whenever the used and reserved bytes may have grown
   */
  of(
    subject: string,
    options: { readonly limit: number; readonly onReserved: (usage: CallerUsage) => void },
  ): CallerUsage;
  /** The callers that have sent reads today, by subject. */
  today(): ReadonlyMap<string, { readonly used: number; readonly reserved: number }>;
}

/** All values are in bytes. */
export interface CallerUsage {
  used(): number;
  reserved(): number;
  /** The bytes that are neither used nor reserved. Holds are not subtracted. Negative after a reload with a lower limit. */
  left(): number;
  /**
   * @param isMaximum true if the read needs no more than `bytes`; if false, much more than `bytes` must be free
   * @returns undefined if the bytes cannot be held now
   */
  hold(bytes: number, isMaximum: boolean): Reservation | undefined;
  /**
   * Reserves bytes. If they do not fit because of holds, waits for the holds to end.
   * @returns undefined if the bytes do not fit even then
   */
  reserve(bytes: number, cancellation: Cancellation, isHold: boolean): Promise<Reservation | undefined>;
  stopHolding(): void;
  /** Whether a threshold has been reached for the first time today. */
  isFirstAt(threshold: number): boolean;
}

const DAY_MS = 86_400_000;

/** How many holds of the same size must fit when one begins. If fewer were required, reads would often turn out not to fit. */
const AMPLE_HOLDS = 4;

/** @param now milliseconds since 1970. If this clock is set back to an earlier day, the current day continues */
export function dailyUsage(now: () => number): DailyUsage {
  const days = new Map<string, Day>();
  let today = 0;
  const startToday = (): void => {
    const date = Math.floor(now() / DAY_MS);
    if (date <= today) return;
    today = date;
    // Reads in progress are not affected, because they keep a reference to the day on which they began.
    days.clear();
  };
  const dayOf = (subject: string): Day => {
    startToday();
    let day = days.get(subject);
    if (day === undefined) days.set(subject, (day = newDay(today)));
    return day;
  };
  return {
    of: (subject, { limit, onReserved }) => {
      const peek = (): Day | undefined => {
        startToday();
        return days.get(subject);
      };
      const free = (day: Day): number => limit - day.used - day.reserved - day.held;
      const open = (day: Day, bytes: number, isHold: boolean): Reservation =>
        openReservation(day, {
          bytes,
          isHold,
          hasFree: (more) => more <= free(day),
          onReserved: () => {
            onReserved(usage);
          },
        });
      const usage: CallerUsage = {
        used: () => peek()?.used ?? 0,
        reserved: () => peek()?.reserved ?? 0,
        left: () => {
          const day = peek();
          return day === undefined ? limit : limit - day.used - day.reserved;
        },
        hold: (bytes, isMaximum) => {
          const day = dayOf(subject);
          const isAmple = isMaximum || (day.mayHold && free(day) >= AMPLE_HOLDS * bytes);
          // Gives priority to reads that are already waiting for holds to end.
          const fits = isAmple && day.waiting === 0 && bytes <= free(day);
          return fits ? open(day, bytes, true) : undefined;
        },
        reserve: async (bytes, cancellation, isHold) => {
          for (;;) {
            const day = dayOf(subject);
            if (bytes <= free(day)) return open(day, bytes, isHold);
            if (bytes > free(day) + day.held) return undefined;
            day.holdEnds ??= Promise.withResolvers<undefined>();
            day.waiting += 1;
            try {
              await untilCancelled(day.holdEnds.promise, cancellation);
            } finally {
              day.waiting -= 1;
            }
          }
        },
        stopHolding: () => {
          dayOf(subject).mayHold = false;
        },
        isFirstAt: (threshold) => {
          const { used, reserved, passed } = dayOf(subject);
          if (used + reserved < threshold || passed.has(threshold)) return false;
          passed.add(threshold);
          return true;
        },
      };
      return usage;
    },
    today: () => {
      startToday();
      return days;
    },
  };
}
