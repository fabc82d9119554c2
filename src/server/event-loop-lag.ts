// Measures whether the process keeps up with its reads: how late a timer fires while reads are in progress, smoothed, with hysteresis.

export interface EventLoopLag {
  /** Each needs its `readEnds`. */
  readBegins(): void;
  readEnds(): void;
  /** Whether it has been late for so long that new requests only make it worse; never if no read is in progress. */
  isTooLong(): boolean;
  milliseconds(): number;
  stop(): void;
}

const TICK_MS = 100;

/** Of the newest tick in the mean: about a second of history if ticks are on time. */
const WEIGHT = 0.1;

/**
 * The most that one tick counts. A single pause (a garbage collection, a machine suspended for an hour) is one late tick, and it
 * takes two or three in a row to have an effect.
 */
const MAX_TICK_MS = 1_000;

/**
 * A probe needs about three turns of the loop from its connection to its response, a timer fires half a turn late on average, and
 * probes wait for a second: with 200 ms the response is still in time. A process that is busy without being late stays far
 * below: a thousand small requests at once take it 100 to 200 ms, of which half is lag.
 */
const TOO_LONG_MS = 200;
/** Far enough below, so that newly admitted requests do not exceed the limit again at once. */
const RECOVERED_MS = 100;

/** Between reads the platform may withdraw the CPU (Cloud Run, "CPU allocation"): lateness then is not load, and does not count. */
export function watchEventLoopLag(): EventLoopLag {
  let mean = 0;
  let tooLong = false;
  let inProgress = 0;
  /** Since when at least one read has been in progress. */
  let since = 0;
  let last = 0;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const tick = (): void => {
    if (inProgress === 0) {
      stop();
      return;
    }
    const now = performance.now();
    const late = Math.min(Math.max(now - Math.max(last + TICK_MS, since), 0), MAX_TICK_MS);
    last = now;
    mean += (late - mean) * WEIGHT;
    tooLong = mean > (tooLong ? RECOVERED_MS : TOO_LONG_MS);
  };
  return {
    readBegins: () => {
      inProgress += 1;
      if (inProgress > 1) return;
      since = performance.now();
      if (timer !== undefined) return;
      last = since;
      timer = setInterval(tick, TICK_MS).unref();
    },
    readEnds: () => {
      inProgress -= 1;
      if (inProgress > 0) return;
      // The timer stops on its own, so that consecutive reads need not start one each.
      mean = 0;
      tooLong = false;
    },
    isTooLong: () => tooLong,
    milliseconds: () => mean,
    stop,
  };
}
