// Records when the machine had no time for the soak: the emulators of Google, STS and S3 run in this process and pause too.
import type { Held } from './fault-schedule.ts';

const TICK_MS = 100;
/** Timers are a little late on every machine; this is too late for that. */
const LATE_MS = 300;

/** @param held gets an entry for each pause */
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
