// Waits before S3 is asked again, for as long as somebody waits for it.
import type { Departure } from '../../http1/departure.ts';

/** @throws Error where the caller goes away meanwhile */
export function pause(milliseconds: number, departure: Departure): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const end = (): void => {
    clearTimeout(timer);
    reject(new Error('the caller has gone'));
  };
  const timer = setTimeout(() => {
    departure.remove(end);
    resolve(undefined);
  }, milliseconds);
  if (departure.aborted) end();
  else departure.add(end);
  return promise;
}
