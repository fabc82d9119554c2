// Knows whether the process keeps up with its reads: how late its own timer comes while any is under way, smoothed, with hysteresis.

export interface EventLoopLag {
  /** Each needs its `readEnds`. */
  readBegins(): void;
  readEnds(): void;
  /** Whether it has been late for so long that new requests only make it worse; never where no read is under way. */
  isTooLong(): boolean;
  milliseconds(): number;
  stop(): void;
}

const TICK_MS = 100;

/** Of the newest tick in the mean: about a second of history where ticks are in time. */
const WEIGHT = 0.1;

/**
 * What one tick counts at most. A pause amid a read (a collection of garbage, a machine that was suspended for an hour) is one
 * late tick, and then two or three must follow each other before they come to anything.
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

/** Between reads the platform may take the CPU away (Cloud Run, "CPU allocation"): what is late then is no load, and does not count. */
export function watchEventLoopLag(): EventLoopLag {
  let mean = 0;
  let tooLong = false;
  let underWay = 0;
  /** Since when there has been a read at any time. */
  let since = 0;
  let last = 0;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const tick = (): void => {
    if (underWay === 0) {
      stop();
      return;
    }
    const now = performance.now();
    const late = Math.min(Math.max(now - Math.max(last + TICK_MS, since), 0), MOST_MS);
    last = now;
    mean += (late - mean) * WEIGHT;
    tooLong = mean > (tooLong ? WELL_AGAIN_MS : TOO_LONG_MS);
  };
  return {
    readBegins: () => {
      underWay += 1;
      if (underWay > 1) return;
      since = performance.now();
      if (timer !== undefined) return;
      last = since;
      timer = setInterval(tick, TICK_MS).unref();
    },
    readEnds: () => {
      underWay -= 1;
      if (underWay > 0) return;
      // The timer ends itself: one read after another need not make one each.
      mean = 0;
      tooLong = false;
    },
    isTooLong: () => tooLong,
    milliseconds: () => mean,
    stop,
  };
}
