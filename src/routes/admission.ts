// Counts the requests under way, in total and of each caller, and refuses what is over the limits or more than the process can do.
import { Fault } from '../fault.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { countsBySubject, createShares } from './shares.ts';
import type { Shares } from './shares.ts';

export interface Admission {
  /** Each successful `enter` needs its `leave`. @throws Fault overloaded, lagging */
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
      if (lag.isTooLong()) throw new Fault('lagging', { lagMilliseconds: Math.round(lag.milliseconds()) });
      if (inFlight >= limits.inFlight)
        throw new Fault('overloaded', { limit: 'inFlight', of: limits.inFlight });
      inFlight += 1;
      lag.readBegins();
    },
    leave: () => {
      inFlight -= 1;
      lag.readEnds();
    },
    enterAs: (subject) => {
      if (bySubject.of(subject) >= limits.perCaller)
        throw new Fault('overloaded', { limit: 'perCaller', of: limits.perCaller });
      bySubject.add(subject);
    },
    leaveAs: bySubject.remove,
    inFlight: () => inFlight,
    pages: createShares(PAGES),
  };
}

/** Questions of callers about themselves that may wait at once, for Google's keys: beside reads, so that neither shuts out the other. */
const MOST_QUESTIONS = 100;

/** @returns the same, that throws Fault overloaded where so many wait already */
export function boundedQuestions<Question, Answer>(
  ask: (question: Question) => Answer | Promise<Answer>,
): (question: Question) => Promise<Answer> {
  let waiting = 0;
  return async (question) => {
    if (waiting >= MOST_QUESTIONS) throw new Fault('overloaded', { limit: 'questions', of: MOST_QUESTIONS });
    waiting += 1;
    try {
      return await ask(question);
    } finally {
      waiting -= 1;
    }
  };
}
