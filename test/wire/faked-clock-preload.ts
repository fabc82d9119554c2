// Loaded into the bridge's process before the bridge (`node --import`): makes its clocks what a file says, and nothing else.
import { readFileSync } from 'node:fs';
import type { Clocks } from './faked-clock.ts';

const path = process.env['FAKED_CLOCKS'] ?? '';
const clocks = (): Clocks => JSON.parse(readFileSync(path, 'utf8')) as Clocks;

/** @param stands whether it stands still now, at what it was when it was first seen to */
function standing(now: () => number, stands: () => boolean): () => number {
  let at: number | undefined;
  return () => {
    at = stands() ? (at ?? now()) : undefined;
    return at ?? now();
  };
}

const wall = Date.now;
const wallNow = standing(wall, () => clocks().wallStands);
Date.now = () => wallNow() + clocks().wallAheadMs;
globalThis.Date = new Proxy(Date, {
  construct: (date, args, made): Date =>
    Reflect.construct(date, args.length === 0 ? [Date.now()] : args, made) as Date,
});

const steady = performance.now.bind(performance);
const steadyNow = standing(steady, () => clocks().steadyStands);
performance.now = () => steadyNow() + clocks().steadyAheadMs;
