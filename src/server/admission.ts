// Limits the requests in progress, in total and per caller, and rejects requests while the event loop is lagging.
import type { Admission } from '../api/read-handler.ts';
import { Fault } from '../errors/fault.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { isPending } from '../runtime/maybe-promise.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

export interface CountedAdmission extends Admission {
  /**
   * Limits how many of a caller's requests wait for STS. Requests whose client has disconnected also count: their slots are free,
   * but their STS calls continue.
   * @throws Fault overloaded
   */
  whileStsIsCalled<Result>(subject: string, start: () => MaybePromise<Result>): MaybePromise<Result>;
  inFlight(): number;
}

/**
 * The maximum number of JSON pages in progress. A page takes up to 6 MiB, and stays in memory until its caller has received it.
 */
const MAX_PAGES = 4;
const MAX_PAGES_PER_CALLER = 2;

export function createAdmission(
  limits: { readonly inFlight: number; readonly perCaller: number },
  lag: Omit<EventLoopLag, 'stop'>,
): CountedAdmission {
  let inFlight = 0;
  let pages = 0;
  const byCaller = countsByCaller();
  const pagesByCaller = countsByCaller();
  const stsWaitsByCaller = countsByCaller();
  const limit = (name: string, count: number, max: number): void => {
    if (count >= max) throw new Fault('overloaded', { limit: name, max });
  };
  return {
    acquire: () => {
      if (lag.isTooLong())
        throw new Fault('event_loop_lagging', { lagMilliseconds: Math.round(lag.milliseconds()) });
      limit('inFlight', inFlight, limits.inFlight);
      inFlight += 1;
      lag.readBegins();
    },
    release: () => {
      inFlight -= 1;
      lag.readEnds();
    },
    acquireFor: (subject) => {
      limit('perCaller', byCaller.of(subject), limits.perCaller);
      byCaller.add(subject);
    },
    releaseFor: byCaller.remove,
    acquirePage: (subject) => {
      limit('pagesPerCaller', pagesByCaller.of(subject), MAX_PAGES_PER_CALLER);
      limit('pages', pages, MAX_PAGES);
      pages += 1;
      pagesByCaller.add(subject);
    },
    releasePage: (subject) => {
      pages -= 1;
      pagesByCaller.remove(subject);
    },
    whileStsIsCalled: (subject, start) => {
      limit('perCaller', stsWaitsByCaller.of(subject), limits.perCaller);
      const started = start();
      if (!isPending(started)) return started;
      stsWaitsByCaller.add(subject);
      return started.finally(() => {
        stsWaitsByCaller.remove(subject);
      });
    },
    inFlight: () => inFlight,
  };
}

/** Counts requests by caller. A caller without requests in progress uses no memory. */
function countsByCaller(): {
  of(subject: string): number;
  add(subject: string): void;
  remove(subject: string): void;
} {
  const counts = new Map<string, number>();
  const of = (subject: string): number => counts.get(subject) ?? 0;
  return {
    of,
    add: (subject) => counts.set(subject, of(subject) + 1),
    remove: (subject) => {
      const rest = of(subject) - 1;
      if (rest > 0) counts.set(subject, rest);
      else counts.delete(subject);
    },
  };
}

/**
 * The maximum number of control requests that wait for Google's keys at the same time. Reads have a separate limit, so that
 * control requests and reads do not starve each other. This limit is higher than the limit for unknown keys (authenticate.ts), so
 * that requests with unknown keys cannot take all slots.
 */
const MAX_CONTROL_REQUESTS = 200;

/** Wraps a function so that it throws Fault overloaded if a request would have to wait and the limit is reached. */
export function boundedControlRequests<Args extends readonly unknown[], Result>(
  run: (...args: Args) => MaybePromise<Result>,
): (...args: Args) => MaybePromise<Result> {
  let waiting = 0;
  return (...args) => {
    const result = run(...args);
    // A request with a cached token does not wait.
    if (!isPending(result)) return result;
    if (waiting >= MAX_CONTROL_REQUESTS) {
      // Nothing awaits this promise, so its rejection must be handled here.
      result.catch(() => undefined);
      throw new Fault('overloaded', { limit: 'controlRequests', max: MAX_CONTROL_REQUESTS });
    }
    waiting += 1;
    return result.finally(() => (waiting -= 1));
  };
}
