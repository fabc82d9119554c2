// Knows whether the process keeps up: how late its own timer comes, smoothed, with hysteresis.

export interface EventLoopLag {
  /** Whether it has been late for so long that new requests only make it worse. */
  isTooLong(): boolean;
  milliseconds(): number;
  stop(): void;
}

const TICK_MS = 100;

/** Of the newest tick in the mean: about a second of history where ticks are in time. */
const WEIGHT = 0.1;

/**
 * What one tick counts at most. A pause (start-up, a collection of garbage, an instance that had no CPU between requests or was
 * suspended for an hour) is one late tick, and then two or three must follow each other before they come to anything.
 */
const MOST_MS = 1_000;

/**
 * Some three turns of the loop lie between a probe's connection and its answer, a timer comes half a turn late on average, and
 * probes wait for a second: with 200 ms the answer still is in time. A process that is busy without being late stays far
 * below: a thousand small requests at once take it 100 to 200 ms, of which half is lag.
 */
const TOO_LONG_MS = 200;
/** Far enough below that what comes in again does not bring it back at once. */
const WELL_AGAIN_MS = 100;

export function watchEventLoopLag(): EventLoopLag {
  let mean = 0;
  let tooLong = false;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const late = Math.min(Math.max(now - last - TICK_MS, 0), MOST_MS);
    last = now;
    mean += (late - mean) * WEIGHT;
    tooLong = mean > (tooLong ? WELL_AGAIN_MS : TOO_LONG_MS);
  }, TICK_MS).unref();
  return {
    isTooLong: () => tooLong,
    milliseconds: () => mean,
    stop: () => {
      clearInterval(timer);
    },
  };
}
