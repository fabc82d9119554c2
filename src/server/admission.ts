// Counts the requests under way, in total and of each caller, and refuses what is over the limits or more than the process can do.
import { Fault } from '../errors/fault.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { countsBySubject, createShares } from './shares.ts';
import type { Shares } from './shares.ts';

export interface Admission {
  /** Each successful `enter` needs its `leave`. @throws Fault overloaded, event_loop_lagging */
  enter(): void;
  leave(): void;
  /** Each successful `enterAs` needs its `leaveAs`. @throws Fault overloaded */
  enterAs(subject: string): void;
  leaveAs(subject: string): void;
  inFlight(): number;
  /** For lists that the bridge writes as JSON. */
  readonly pages: Shares;
}

/** The JSON of a page, up to 6 MiB, is in memory until its caller has taken it. */
const PAGES = { name: 'pages', most: 4, perCaller: 2 };

export function createAdmission(
  limits: { readonly inFlight: number; readonly perCaller: number },
  lag: Omit<EventLoopLag, 'stop'>,
): Admission {
  let inFlight = 0;
  const bySubject = countsBySubject();
  return {
    enter: () => {
      if (lag.isTooLong())
        throw new Fault('event_loop_lagging', { lagMilliseconds: Math.round(lag.milliseconds()) });
      if (inFlight >= limits.inFlight)
        throw new Fault('overloaded', { limit: 'inFlight', max: limits.inFlight });
      inFlight += 1;
      lag.readBegins();
    },
    leave: () => {
      inFlight -= 1;
      lag.readEnds();
    },
    enterAs: (subject) => {
      if (bySubject.of(subject) >= limits.perCaller)
        throw new Fault('overloaded', { limit: 'perCaller', max: limits.perCaller });
      bySubject.add(subject);
    },
    leaveAs: bySubject.remove,
    inFlight: () => inFlight,
    pages: createShares(PAGES),
  };
}

/**
 * Requests of callers about themselves that may wait at once for Google's keys: apart from reads, so that neither shuts out the
 * other, and more than may wait for an unknown key (authenticate.ts), so that those do not shut out the rest.
 */
const MOST_QUESTIONS = 200;

/** @returns the same; throws Fault overloaded if so many wait already and this one would have to */
export function boundedControlRequests<Question, Answer>(
  ask: (question: Question) => Answer | Promise<Answer>,
): (question: Question) => Answer | Promise<Answer> {
  let waiting = 0;
  return (question) => {
    const answer = ask(question);
    // A caller whose token is remembered does not wait.
    if (!(answer instanceof Promise)) return answer;
    if (waiting >= MOST_QUESTIONS) {
      // Nobody waits for it, so its failure is nobody's.
      answer.catch(() => undefined);
      throw new Fault('overloaded', { limit: 'controlRequests', max: MOST_QUESTIONS });
    }
    waiting += 1;
    return answer.finally(() => (waiting -= 1));
  };
}
