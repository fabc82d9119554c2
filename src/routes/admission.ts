// Counts the requests under way, in total and of each caller, and refuses what is over the limits or more than the process can do.
import { Fault } from '../fault.ts';
import type { EventLoopLag } from './event-loop-lag.ts';

export interface Admission {
  /** Each successful `enter` needs its `leave`. @throws Fault overloaded, lagging */
  enter(): void;
  leave(): void;
  /** Each successful `enterAs` needs its `leaveAs`. @throws Fault overloaded */
  enterAs(subject: string): void;
  leaveAs(subject: string): void;
  inFlight(): number;
}

export function createAdmission(
  limits: { readonly inFlight: number; readonly perCaller: number },
  lag: Omit<EventLoopLag, 'stop'>,
): Admission {
  let inFlight = 0;
  const bySubject = new Map<string, number>();
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
      const own = bySubject.get(subject) ?? 0;
      if (own >= limits.perCaller)
        throw new Fault('overloaded', { limit: 'perCaller', max: limits.perCaller });
      bySubject.set(subject, own + 1);
    },
    leaveAs: (subject) => {
      const own = bySubject.get(subject) ?? 0;
      if (own <= 1) bySubject.delete(subject);
      else bySubject.set(subject, own - 1);
    },
    inFlight: () => inFlight,
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
    if (waiting >= MOST_QUESTIONS)
      throw new Fault('overloaded', { limit: 'controlRequests', max: MOST_QUESTIONS });
    waiting += 1;
    try {
      return await ask(question);
    } finally {
      waiting -= 1;
    }
  };
}
