// Creates a seeded sequence of faults that affect all requests ("weather"): outages, wrong clocks, and changes to keys and the
// configuration.
import { setTimeout as sleep } from 'node:timers/promises';
import { namedRandom } from '../support/random.ts';
import type { Random } from '../support/random.ts';

/** The body of the sandbox's PUT /faults, without `upstream`. */
type UpstreamFault = Readonly<Record<string, unknown>>;

export type Weather =
  | { readonly kind: 'fair' }
  /** Not scheduled, but recorded when the machine is too busy. */
  | { readonly kind: 'slow-machine' }
  | {
      readonly kind: 'upstream';
      readonly upstream: 'metadata' | 'certs' | 'sts';
      readonly fault: UpstreamFault;
    }
  | { readonly kind: 's3-refuses' }
  | { readonly kind: 'clock'; readonly upstream: 's3' | 'sts'; readonly offsetSeconds: number }
  | { readonly kind: 'new-key' }
  /** Reloads a configuration with a changed limit, role or grant, or an invalid configuration. */
  | { readonly kind: 'reload'; readonly to: 'limits' | 'role' | 'grants' | 'invalid' };

export interface Spell {
  readonly weather: Weather;
  readonly afterMs: number;
  readonly lastsMs: number;
}

const STS_CODES = ['Throttling', 'InternalFailure', 'ServiceUnavailable', 'IDPCommunicationError'] as const;

const WEIGHTS = { fair: 1, upstream: 6, 's3-refuses': 1, clock: 1, 'new-key': 0.5, reload: 4 };

/** @param n the index of the period in the sequence */
export function spellOf(seed: number, n: number): Spell {
  const random = namedRandom(seed, 'weather', n);
  const kind = random.weighted(WEIGHTS);
  const [afterMs, lastsMs] = [random.between(300, 2_500), random.between(400, 3_500)];
  return { weather: weatherOf(kind, random), afterMs, lastsMs };
}

function weatherOf(kind: Weather['kind'], random: Random): Weather {
  switch (kind) {
    case 'upstream': {
      const upstream = random.weighted({ sts: 4, metadata: 2, certs: 1 });
      const fault: UpstreamFault = random.pick([
        { fault: 'hang' },
        { fault: 'reset' },
        { fault: 'refuse' },
        { fault: 'garbage' },
        { fault: 'empty' },
        { fault: 'delay', milliseconds: random.between(50, 2_000) },
        { fault: 'status', status: 503 },
        upstream === 'sts'
          ? { fault: 'error', code: random.pick(STS_CODES) }
          : { fault: 'status', status: 500 },
        { fault: 'cut', after: 10 },
        { fault: 'drip', bytesPerSecond: 500 },
      ]);
      return { kind, upstream, fault };
    }
    case 'clock':
      return { kind, upstream: random.pick(['s3', 'sts']), offsetSeconds: random.pick([-1_200, 1_200]) };
    case 'reload':
      return { kind, to: random.pick(['limits', 'role', 'grants', 'invalid']) };
    default:
      return { kind };
  }
}

/** A period with a fault; `from` and `to` are values of `performance.now()`. */
export interface Held {
  readonly weather: Weather;
  readonly from: number;
  to: number;
}

/** Functions that change the bridge's environment. */
export interface Surroundings {
  control(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  s3Refuses(on: boolean): void;
  reload(to: 'first' | 'limits' | 'role' | 'grants' | 'invalid'): Promise<void>;
}

/**
 * Runs one fault after another until `ends` is aborted, and then clears all faults.
 * @param held the list to which each period is added
 * @param first the index of the first period in the sequence
 * @returns the index of the next period
 */
export async function makeWeather(
  seed: number,
  surroundings: Surroundings,
  held: Held[],
  first: number,
  ends: AbortSignal,
): Promise<number> {
  const isOver = (): boolean => ends.aborted;
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: ends }).catch(() => undefined);
  let n = first;
  while (!isOver()) {
    const { weather, afterMs, lastsMs } = spellOf(seed, n);
    n += 1;
    await pause(afterMs);
    if (isOver()) break;
    const one: Held = { weather, from: performance.now(), to: Infinity };
    held.push(one);
    await begin(weather, surroundings);
    await pause(lastsMs);
    await end(weather, surroundings);
    one.to = performance.now();
  }
  return n;
}

async function begin(weather: Weather, { control, s3Refuses, reload }: Surroundings): Promise<void> {
  switch (weather.kind) {
    case 'upstream':
      await control('PUT', '/faults', { upstream: weather.upstream, ...weather.fault });
      return;
    case 's3-refuses':
      s3Refuses(true);
      return;
    case 'clock':
      await control('PUT', '/clock', { upstream: weather.upstream, offsetSeconds: weather.offsetSeconds });
      return;
    case 'new-key':
      await control('POST', '/keys', { action: 'rotate' });
      return;
    case 'reload':
      await reload(weather.to);
      return;
    case 'fair':
  }
}

async function end(weather: Weather, { control, s3Refuses, reload }: Surroundings): Promise<void> {
  switch (weather.kind) {
    case 'upstream':
      await control('PUT', '/faults', { upstream: weather.upstream, fault: null });
      return;
    case 's3-refuses':
      s3Refuses(false);
      return;
    case 'clock':
      await control('PUT', '/clock', { upstream: weather.upstream, offsetSeconds: 0 });
      return;
    case 'reload':
      await reload('first');
      return;
    default:
  }
}
