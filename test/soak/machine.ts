// Records when the machine was too busy for the soak, because the emulators in this process respond late at such times.
import type { Held } from './fault-schedule.ts';

const TICK_MS = 100;
/** If a timer fires later than this, the machine was too busy. */
const LATE_MS = 300;

/** @param held the list to which each busy period is added */
export function watchMachine(held: Held[]): { stop(): void } {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last > TICK_MS + LATE_MS) held.push({ weather: { kind: 'slow-machine' }, from: last, to: now });
    last = now;
  }, TICK_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
