// Detects overload: measures how late a timer fires while reads are in progress, smoothed and with hysteresis.

export interface EventLoopLag {
  /** Must be called when a read begins. Every call needs a later call of `readEnds`. */
  readBegins(): void;
  readEnds(): void;
  /** Whether the event loop lags so much that new requests must be rejected; always false if no read is in progress. */
  isTooLong(): boolean;
  milliseconds(): number;
  stop(): void;
}

const TICK_MS = 100;

/** The weight of the newest tick in the moving average, which covers about one second if ticks are on time. */
const WEIGHT = 0.1;

/**
 * The maximum lag that one tick contributes. A single pause, such as a garbage collection or an hour's suspension of the
 * machine, makes one tick late. Only two or three late ticks in a row have an effect.
 */
const MAX_TICK_MS = 1_000;

/**
 * The lag above which requests are rejected. The platform's probes time out after one second. A probe takes about three turns of
 * the event loop from its connection to its response, and a timer fires half a turn late on average. At a lag of 200 ms, the
 * probe's response is therefore still in time. A busy process that keeps up with its requests stays far below this limit: it
 * handles a thousand simultaneous small requests in 100 to 200 ms, and half of that time counts as lag.
 */
const TOO_LONG_MS = 200;
/**
 * The lag below which requests are admitted again. The value is low enough that the admitted requests do not immediately push the
 * lag over the limit.
 */
const RECOVERED_MS = 100;

/**
 * Between reads, the platform may withdraw the CPU (Cloud Run, "CPU allocation"). A timer that fires late after such a pause
 * does not indicate load, so the delay is ignored.
 */
export function watchEventLoopLag(): EventLoopLag {
  let mean = 0;
  let tooLong = false;
  let inProgress = 0;
  /** The time at which the number of reads in progress last rose from zero. */
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
      // The timer stops only at its next tick, so that consecutive reads share one timer.
      mean = 0;
      tooLong = false;
    },
    isTooLong: () => tooLong,
    milliseconds: () => mean,
    stop,
  };
}
