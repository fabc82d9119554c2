// The flight that a delivery waits for: another request's flight if one brings the block, otherwise the delivery's own flight.
import type { Blocks } from './blocks.ts';
import type { Flight, ObjectVersion } from './object-version.ts';

export interface JoinedFlight {
  /** Waits for a flight that this delivery's own request to S3 has started. */
  joinOwn(flight: Flight): void;
  /** Joins the flight that brings a missing block, or starts one for it and the missing blocks after it. */
  fetch(index: number): Flight;
  current(): Flight | undefined;
  /** Whether the current flight uses the session of this delivery's caller. */
  isOwn(): boolean;
  /** @param bringsRest whether the flight's remaining blocks should arrive even if nobody waits for them */
  leave(bringsRest: boolean): void;
}

/**
 * @param parts.to the byte after the last one that the caller wants
 * @param parts.startFlight starts a flight under the caller's own session. @param to the byte after the last one
 * @param parts.onProgress called when bytes have arrived, and when the flight ends
 */
export function joinedFlight(parts: {
  readonly blocks: Blocks;
  readonly version: ObjectVersion;
  readonly to: number;
  readonly startFlight: (from: number, to: number) => Flight;
  readonly onProgress: () => void;
}): JoinedFlight {
  const { blocks, version, startFlight, onProgress } = parts;
  const { blockBytes } = blocks;
  let flight: Flight | undefined;
  let isOwn = false;

  const leave = (bringsRest: boolean): void => {
    flight?.leave(onProgress, bringsRest);
    flight = undefined;
  };
  const join = (next: Flight, owned: boolean): Flight => {
    if (flight === next) return next;
    leave(false);
    next.join(onProgress);
    isOwn = owned;
    return (flight = next);
  };
  const endOfRun = (index: number): number => {
    let next = index + 1;
    while (next * blockBytes < parts.to && blocks.find(version, next) === undefined) next += 1;
    return Math.min(next * blockBytes, version.size);
  };

  return {
    joinOwn: (given) => {
      join(given, true);
    },
    fetch: (index) => {
      const coming = version.flights.values().find((each) => each.covers(index));
      const found =
        coming === undefined
          ? join(startFlight(index * blockBytes, endOfRun(index)), true)
          : join(coming, false);
      found.want(index);
      return found;
    },
    current: () => flight,
    isOwn: () => isOwn,
    leave,
  };
}
