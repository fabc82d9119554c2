// Limits how long a promise is waited for.
import { startElapsed } from './elapsed.ts';

/**
 * The work goes on after the deadline, as nothing cancels it; its result or error is then ignored.
 * @param options.elapsedMs the time that counts; default: all that passes from now on
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
