// A preload script (`node --import`) that sets the clocks in the bridge's process as a file specifies.
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import type { Clocks } from './faked-clock.ts';

const path = process.env['FAKED_CLOCKS'] ?? '';
const clocks = (): Clocks => JSON.parse(readFileSync(path, 'utf8')) as Clocks;

/**
 * @param stands returns whether the clock is stopped. A stopped clock shows the time at which this function first returned
 * true.
 */
function standing(now: () => number, stands: () => boolean): () => number {
  let at: number | undefined;
  return () => {
    at = stands() ? (at ?? now()) : undefined;
    return at ?? now();
  };
}

const wall = Date.now;
const wallNow = standing(wall, () => clocks().wallStands);
Date.now = () => clocks().wallAt ?? wallNow() + clocks().wallAheadMs;
globalThis.Date = new Proxy(Date, {
  construct: (date, args, made): Date =>
    Reflect.construct(date, args.length === 0 ? [Date.now()] : args, made) as Date,
});

const steady = performance.now.bind(performance);
const steadyNow = standing(steady, () => clocks().steadyStands);
// Rounds down to milliseconds, so that two readings differ by exactly the time that a test has added.
performance.now = () => Math.floor(steadyNow()) + clocks().steadyAheadMs;

/** The longest timeout that Node accepts. */
const LONGEST_MS = 2 ** 31 - 1;
const longer = (milliseconds = 1): number => Math.min(milliseconds * clocks().timerFactor, LONGEST_MS);
globalThis.setTimeout = new Proxy(setTimeout, {
  apply: (start, self, [callback, milliseconds, ...rest]: [() => void, number?, ...unknown[]]): unknown =>
    Reflect.apply(start, self, [callback, longer(milliseconds), ...rest]),
});
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (milliseconds) => timeout(longer(milliseconds));
timers.setTimeout = new Proxy(timers.setTimeout, {
  apply: (start, self, [milliseconds, ...rest]: [number?, ...unknown[]]): unknown =>
    Reflect.apply(start, self, [longer(milliseconds), ...rest]),
});
syncBuiltinESMExports();
