// Counts the requests under way, in total and of each caller, and refuses what is over the limits.
import { Fault } from '../fault.ts';

export interface Admission {
  /** Each successful `enter` needs its `leave`. @throws Fault overloaded */
  enter(): void;
  leave(): void;
  /** Each successful `enterAs` needs its `leaveAs`. @throws Fault overloaded */
  enterAs(subject: string): void;
  leaveAs(subject: string): void;
  inFlight(): number;
}

export function createAdmission(limits: {
  readonly inFlight: number;
  readonly perCaller: number;
}): Admission {
  let inFlight = 0;
  const bySubject = new Map<string, number>();
  return {
    enter: () => {
      if (inFlight >= limits.inFlight)
        throw new Fault('overloaded', { limit: 'inFlight', of: limits.inFlight });
      inFlight += 1;
    },
    leave: () => {
      inFlight -= 1;
    },
    enterAs: (subject) => {
      const own = bySubject.get(subject) ?? 0;
      if (own >= limits.perCaller)
        throw new Fault('overloaded', { limit: 'perCaller', of: limits.perCaller });
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
