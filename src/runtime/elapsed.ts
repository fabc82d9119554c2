// Measures elapsed time and enforces deadlines correctly, even if one of the machine's clocks is set back or stops.

/**
 * Uses the clock that shows more elapsed time. The wall clock may be set back or frozen, and the monotonic clock stops while
 * Cloud Run or a suspended VM pauses the process. If the wall clock is set ahead, the bridge renews its credentials too early,
 * but only once.
 * @returns a function that returns the milliseconds since this call
 */
export function startElapsed(): () => number {
  const wall = Date.now();
  const steady = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - steady);
}

/**
 * Limits how long to wait for a promise. The work continues after the deadline, but its result or error is ignored.
 * @param options.elapsedMs returns how much of the elapsed time counts toward the deadline; default: all of it
 * @throws what `options.onTimeout` returns if the work takes longer than `options.ms`
 */
export async function withDeadline<Result>(
  work: Promise<Result>,
  options: {
    readonly ms: number;
    readonly onTimeout: () => Error;
    readonly elapsedMs?: (sinceCall: number) => number;
  },
): Promise<Result> {
  const { ms, onTimeout, elapsedMs = (sinceCall: number) => sinceCall } = options;
  const sinceCall = startElapsed();
  const { promise: late, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    const left = ms - elapsedMs(sinceCall());
    if (left > 0) timer = setTimeout(check, left);
    else reject(onTimeout());
  };
  check();
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
