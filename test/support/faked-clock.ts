// A bridge whose clocks a test moves: ahead, back, or to a standstill. What it runs is the real program, with another time.
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
  /** Milliseconds by which `Date` is ahead of the truth. */
  readonly wallAheadMs: number;
  readonly wallStands: boolean;
  /** `Date` stands still at this time, in milliseconds since 1970; the two above do not count then. */
  readonly wallAt: number | null;
  /** Milliseconds by which `performance.now` is further on than it would be: so much time has passed. */
  readonly steadyAheadMs: number;
  /** `performance.now` stands still, as while a virtual machine is suspended. */
  readonly steadyStands: boolean;
  /** Each timer that is started takes so many times as long. */
  readonly timerFactor: number;
}

/** No time passes by either clock but what is said besides: what is allowed once in a while is allowed once. */
export const STOPPED = { wallStands: true, steadyStands: true } as const;

/** No deadline passes that begins from now on, so that a test may hold a response back for as long as it takes. */
export const PATIENT = { timerFactor: 100 } as const;

/**
 * Seconds since credentials of an hour were obtained: in each of two lives one request comes when renewal is due, and one when only
 * what was renewed serves.
 */
export const TWO_LIVES = [0, 1_800, 3_200, 3_320, 3_570, 5_000, 6_520, 6_640, 6_900, 9_000];

export interface ClockedWire extends MeasuredWire {
  /** From now on; what is not named is right. */
  setClocks(clocks: Partial<Clocks>): Promise<void>;
  /** So many seconds since the start have passed, for the bridge and for Google and AWS; the steady clock has not seen them. */
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

/** Clocks of a bridge that is started with these variables. */
export interface FakedClocks extends Pick<ClockedWire, 'setClocks'> {
  readonly environment: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function fakedClocks(): Promise<FakedClocks> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-clock-'));
  const file = join(directory, 'clocks.json');
  const setClocks = async (clocks: Partial<Clocks>): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify({ ...RIGHT, ...clocks }));
    // In one step, as it may be read at any time.
    await rename(`${file}.new`, file);
  };
  await setClocks({});
  return {
    setClocks,
    environment: { NODE_OPTIONS: `--import=${PRELOAD}`, FAKED_CLOCKS: file },
    remove: () => rm(directory, { recursive: true }),
  };
}

/** @param options.clocks from the start on; right ones */
export async function startClockedWire(
  options: WireOptions & { readonly clocks?: Partial<Clocks> } = {},
): Promise<ClockedWire> {
  const { setClocks, environment: clocked, remove } = await fakedClocks();
  if (options.clocks !== undefined) await setClocks(options.clocks);
  const wire = await startMeasuredWire({
    ...options,
    environment: async (contract) => ({ ...(await variablesOf(options, contract)), ...clocked }),
  });
  /** Since when the bridge's wall clock stands. */
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
      // Google's and AWS's clocks go on while the bridge's stand.
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

/** Claims of a token that is good by any of these clocks. */
export const timeless = (): Readonly<Record<string, unknown>> => ({
  iat: inSeconds(-DAY_SECONDS),
  exp: inSeconds(DAY_SECONDS),
});

/** The headers of account `n` of the project, with a token that is good by any of these clocks. */
export const asTimelessAccount = (wire: Wire, n: number): Record<string, string> =>
  asAccount(wire, n, timeless());
