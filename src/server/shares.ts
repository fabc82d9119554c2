// Slots for what costs memory while it is under way, of which no caller gets more than its share.
import { Fault } from '../errors/fault.ts';

export interface Shares {
  /** Each successful `enter` needs its `leave`. @throws Fault overloaded */
  enter(subject: string): void;
  leave(subject: string): void;
}

/** @param limits.name for the log; the limit of one caller is the same with `PerCaller` */
export function createShares(limits: {
  readonly name: string;
  readonly most: number;
  readonly perCaller: number;
}): Shares {
  const { name, most, perCaller } = limits;
  const bySubject = countsBySubject();
  let underWay = 0;
  return {
    enter: (subject) => {
      if (bySubject.of(subject) >= perCaller)
        throw new Fault('overloaded', { limit: `${name}PerCaller`, max: perCaller });
      if (underWay >= most) throw new Fault('overloaded', { limit: name, max: most });
      underWay += 1;
      bySubject.add(subject);
    },
    leave: (subject) => {
      underWay -= 1;
      bySubject.remove(subject);
    },
  };
}

/** How much is under way for each caller; callers with nothing under way take no memory. */
export function countsBySubject(): {
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
      const left = of(subject) - 1;
      if (left > 0) counts.set(subject, left);
      else counts.delete(subject);
    },
  };
}
