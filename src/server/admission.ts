// Limits the requests in progress, in total and for each caller, and rejects what is over the limits or more than the process can do.
import type { Admission } from '../api/read-handler.ts';
import { Fault } from '../errors/fault.ts';
import { isPending } from '../runtime/maybe-async.ts';
import type { MaybeAsync } from '../runtime/maybe-async.ts';
import type { EventLoopLag } from './event-loop-lag.ts';

export interface CountedAdmission extends Admission {
  /**
   * Limits the requests of a caller for which STS is called, those included that the caller has left: their slots are free, and the
   * calls go on.
   * @throws Fault overloaded
   */
  whileStsIsCalled<Result>(subject: string, start: () => MaybeAsync<Result>): MaybeAsync<Result>;
  inFlight(): number;
}

/** The JSON of a page, up to 6 MiB, is in memory until its caller has received it. */
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

/** Callers with nothing in progress take no memory. */
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
 * Control requests that may wait at once for Google's keys. Separate from reads, so that neither shuts out the other, and more than
 * may wait for an unknown key (authenticate.ts), so that those do not shut out the rest.
 */
const MAX_CONTROL_REQUESTS = 200;

/** @returns the same function; it throws Fault overloaded if this request would wait and the limit is reached */
export function boundedControlRequests<Request, Result>(
  run: (request: Request) => MaybeAsync<Result>,
): (request: Request) => MaybeAsync<Result> {
  let waiting = 0;
  return (request) => {
    const result = run(request);
    // A caller whose token is cached does not wait.
    if (!isPending(result)) return result;
    if (waiting >= MAX_CONTROL_REQUESTS) {
      // Nobody awaits it, so its rejection must be caught here.
      result.catch(() => undefined);
      throw new Fault('overloaded', { limit: 'controlRequests', max: MAX_CONTROL_REQUESTS });
    }
    waiting += 1;
    return result.finally(() => (waiting -= 1));
  };
}
