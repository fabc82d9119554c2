// Starts a bridge whose clocks a test can set or stop.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inSeconds } from './google-claims.ts';
import { asAccount } from './sessions-at-sts.ts';
import { startMeasuredWire } from './metrics.ts';
import type { MeasuredWire } from './metrics.ts';
import { variablesOf } from './wire.ts';
import type { Wire, WireOptions } from './wire.ts';

export interface Clocks {
  /** How far `Date` is ahead of real time, in milliseconds. */
  readonly wallAheadMs: number;
  readonly wallStands: boolean;
  /** If set, `Date` is stopped at this time, in milliseconds since 1970, and the other `wall…` fields have no effect. */
  readonly wallAt: number | null;
  /** How far `performance.now` is ahead of real time, in milliseconds. */
  readonly steadyAheadMs: number;
  /** Whether `performance.now` is stopped, as it is while a virtual machine is suspended. */
  readonly steadyStands: boolean;
  /** The factor by which the delays of new timers are multiplied. */
  readonly timerFactor: number;
}

/** Stops both clocks, so that time passes only when a test advances it. */
export const STOPPED = { wallStands: true, steadyStands: true } as const;

/** Makes timeouts a hundred times longer, so that a test can delay a response without causing a timeout. */
export const PATIENT = { timerFactor: 100 } as const;

/**
 * The times at which a test sends requests, in seconds after the bridge obtained credentials for one hour. For the first
 * credentials and again for the next ones, the list includes a time when renewal is due, and a time when only renewed
 * credentials are valid.
 */
export const TWO_LIVES = [0, 1_800, 3_200, 3_320, 3_570, 5_000, 6_520, 6_640, 6_900, 9_000];

export interface ClockedWire extends MeasuredWire {
  /** Sets the clocks; an omitted field is reset to its default, which is real time. */
  setClocks(clocks: Partial<Clocks>): Promise<void>;
  /**
   * Sets the wall clocks of the bridge, Google and AWS to this many seconds after the start, without advancing the steady
   * clock.
   */
  passed(seconds: number, more?: Partial<Clocks>): Promise<void>;
}

const PRELOAD = new URL('faked-clock-preload.ts', import.meta.url).href;
const RIGHT: Clocks = {
  wallAheadMs: 0,
  wallStands: false,
  wallAt: null,
  steadyAheadMs: 0,
  steadyStands: false,
  timerFactor: 1,
};

/** Fake clocks for a bridge that is started with the variables in `environment`. */
export interface FakedClocks extends Pick<ClockedWire, 'setClocks'> {
  readonly environment: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function fakedClocks(): Promise<FakedClocks> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-clock-'));
  const file = join(directory, 'clocks.json');
  const setClocks = async (clocks: Partial<Clocks>): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify({ ...RIGHT, ...clocks }));
    // Replaces the file atomically, because the bridge may read it at any time.
    await rename(`${file}.new`, file);
  };
  await setClocks({});
  return {
    setClocks,
    environment: { NODE_OPTIONS: `--import=${PRELOAD}`, FAKED_CLOCKS: file },
    remove: () => rm(directory, { recursive: true }),
  };
}

/** @param options.clocks the initial clocks; by default, real time */
export async function startClockedWire(
  options: WireOptions & { readonly clocks?: Partial<Clocks> } = {},
): Promise<ClockedWire> {
  const { setClocks, environment: clocked, remove } = await fakedClocks();
  if (options.clocks !== undefined) await setClocks(options.clocks);
  const wire = await startMeasuredWire({
    ...options,
    environment: async (contract) => ({ ...(await variablesOf(options, contract)), ...clocked }),
  });
  /** The time at which the test stopped the bridge's wall clock. */
  let stoppedAt: number | undefined;
  return {
    ...wire,
    setClocks: async (clocks) => {
      stoppedAt = clocks.wallStands === true ? (stoppedAt ?? Date.now()) : undefined;
      await setClocks(clocks);
    },
    passed: async (seconds, more = {}) => {
      if (more.wallStands !== true) stoppedAt = undefined;
      else stoppedAt ??= Date.now();
      // While the bridge's clock is stopped, the clocks of Google and AWS continue, so their offset is reduced by the time since
      // the stop.
      const sinceThen = stoppedAt === undefined ? 0 : (Date.now() - stoppedAt) / 1000;
      await wire.control('PUT', '/clock', { offsetSeconds: seconds - sinceThen });
      await setClocks({ wallAheadMs: seconds * 1000, ...more });
    },
    close: async () => {
      await wire.close();
      await remove();
    },
  };
}

const DAY_SECONDS = 86_400;

/** Returns claims that make a token valid one day before and after the current time. */
export const timeless = (): Readonly<Record<string, unknown>> => ({
  iat: inSeconds(-DAY_SECONDS),
  exp: inSeconds(DAY_SECONDS),
});

/** Returns headers with a token of account `n` that is valid one day before and after the current time. */
export const asTimelessAccount = (wire: Wire, n: number): Record<string, string> =>
  asAccount(wire, n, timeless());
