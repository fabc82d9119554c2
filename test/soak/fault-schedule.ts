// What happens to all requests alike: Google and STS out of order, wrong clocks, new keys and configurations; by the seed, one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { namedRandom } from '../support/random.ts';
import type { Random } from '../support/random.ts';

/** A fault as the sandbox's control route takes it, less its supplier. */
type SupplierFault = Readonly<Record<string, unknown>>;

export type Weather =
  | { readonly kind: 'fair' }
  /** Observed, not scheduled. */
  | { readonly kind: 'slow-machine' }
  | {
      readonly kind: 'supplier';
      readonly supplier: 'metadata' | 'certs' | 'sts';
      readonly fault: SupplierFault;
    }
  | { readonly kind: 's3-refuses' }
  | { readonly kind: 'clock'; readonly supplier: 's3' | 'sts'; readonly offsetSeconds: number }
  | { readonly kind: 'new-key' }
  /** A valid configuration with another limit, role or grant; or one that is not valid. */
  | { readonly kind: 'reload'; readonly to: 'limits' | 'role' | 'grants' | 'invalid' };

export interface Spell {
  readonly weather: Weather;
  readonly afterMs: number;
  readonly lastsMs: number;
}

const STS_CODES = ['Throttling', 'InternalFailure', 'ServiceUnavailable', 'IDPCommunicationError'] as const;

const WEIGHTS = { fair: 1, supplier: 6, 's3-refuses': 1, clock: 1, 'new-key': 0.5, reload: 4 };

/** @param n of a run's spells, from 0 */
export function spellOf(seed: number, n: number): Spell {
  const random = namedRandom(seed, 'weather', n);
  const kind = random.weighted(WEIGHTS);
  const [afterMs, lastsMs] = [random.between(300, 2_500), random.between(400, 3_500)];
  return { weather: weatherOf(kind, random), afterMs, lastsMs };
}

function weatherOf(kind: Weather['kind'], random: Random): Weather {
  switch (kind) {
    case 'supplier': {
      const supplier = random.weighted({ sts: 4, metadata: 2, certs: 1 });
      const fault: SupplierFault = random.pick([
        { fault: 'hang' },
        { fault: 'reset' },
        { fault: 'refuse' },
        { fault: 'garbage' },
        { fault: 'empty' },
        { fault: 'delay', milliseconds: random.between(50, 2_000) },
        { fault: 'status', status: 503 },
        supplier === 'sts'
          ? { fault: 'error', code: random.pick(STS_CODES) }
          : { fault: 'status', status: 500 },
        { fault: 'cut', after: 10 },
        { fault: 'drip', bytesPerSecond: 500 },
      ]);
      return { kind, supplier, fault };
    }
    case 'clock':
      return { kind, supplier: random.pick(['s3', 'sts']), offsetSeconds: random.pick([-1_200, 1_200]) };
    case 'reload':
      return { kind, to: random.pick(['limits', 'role', 'grants', 'invalid']) };
    default:
      return { kind };
  }
}

/** When what was in force, in `performance.now()`. */
export interface Held {
  readonly weather: Weather;
  readonly from: number;
  to: number;
}

/** What a soak can do to the surroundings of a bridge. */
export interface Surroundings {
  control(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  s3Refuses(on: boolean): void;
  reload(to: 'first' | 'limits' | 'role' | 'grants' | 'invalid'): Promise<void>;
}

/**
 * Makes the weather until `ends` is aborted; it is fair then.
 * @param held filled in as it goes
 * @param first the number of the first spell
 * @returns the number of the next spell
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
    case 'supplier':
      await control('PUT', '/faults', { supplier: weather.supplier, ...weather.fault });
      return;
    case 's3-refuses':
      s3Refuses(true);
      return;
    case 'clock':
      await control('PUT', '/clock', { supplier: weather.supplier, offsetSeconds: weather.offsetSeconds });
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
    case 'supplier':
      await control('PUT', '/faults', { supplier: weather.supplier, fault: null });
      return;
    case 's3-refuses':
      s3Refuses(false);
      return;
    case 'clock':
      await control('PUT', '/clock', { supplier: weather.supplier, offsetSeconds: 0 });
      return;
    case 'reload':
      await reload('first');
      return;
    default:
  }
}
