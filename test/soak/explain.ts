// Whether what went otherwise than by the request's own nature has a cause that was injected.
import type { LogLine } from '../support/bridge-process.ts';
import type { StrikeName } from './inject-fault.ts';
import type { Held, Weather } from './fault-schedule.ts';

export interface Explainer {
  /** A line at ERROR or above. @returns its cause; undefined where there is none */
  line(line: LogLine, at: number): string | undefined;
  /** As `answer`, if only a slow machine can be the cause. */
  slowness(plan: number, time: { readonly begun: number; readonly ended: number }): string | undefined;
  /** An answer that was not the expected one. */
  answer(plan: number, time: { readonly begun: number; readonly ended: number }): string | undefined;
}

/** What the bridge says of a request that failed, as far as it explains it. */
export interface Told {
  readonly code: string | undefined;
  readonly abortedBy: string | undefined;
  readonly requestId: string | undefined;
}

/** The longest that a fault of Google's or STS's can be felt: one walk of a chain, and the wait after refusals. */
const FELT_MS = 17_000;
/** An unknown key is asked for again so much later. */
const KEY_FELT_MS = 31_000;
/** A request that began before the end of it. */
const PASSING_MS = 1_000;

/** Faults that a slow machine can cause: an emulator on the same machine takes too long. */
const OF_A_SLOW_MACHINE = /_timeout$|_unreachable$|^signing_keys_unavailable$|^sts_failed$/;

const S3_FAULTS = new Set(['s3_unreachable', 's3_timeout', 's3_invalid_response']);
const S3_CODES = new Set(['SlowDown', 'InternalError', 'ServiceUnavailable', 'BadGateway']);

const isSupplier =
  (...names: readonly string[]) =>
  (weather: Weather): boolean =>
    weather.kind === 'supplier' && names.includes(weather.supplier);

/**
 * @param sources.struck what S3 did, by request ID
 * @param sources.told what the log said, by plan
 */
export function explainer(sources: {
  readonly struck: ReadonlyMap<string, readonly StrikeName[]>;
  readonly told: ReadonlyMap<number, Told>;
  readonly held: readonly Held[];
}): Explainer {
  const { struck, told, held } = sources;
  const during = (
    from: number,
    to: number,
    feltMs: number,
    isCause: (weather: Weather) => boolean,
  ): string | undefined => {
    const found = held.find((one) => isCause(one.weather) && one.from <= to && from <= one.to + feltMs);
    return found && JSON.stringify(found.weather);
  };
  const bySlowness = ({ code = '', abortedBy }: Told, from: number, to: number): string | undefined => {
    if (code === 'event_loop_lagging') return 'the event loop of the bridge lags';
    if (abortedBy !== 's3' && abortedBy !== 'stall' && !OF_A_SLOW_MACHINE.test(code)) return undefined;
    return during(from, to, PASSING_MS, ({ kind }) => kind === 'slow-machine');
  };
  const byInjected = (
    { code = '', abortedBy, requestId }: Told,
    from: number,
    to: number,
  ): string | undefined => {
    const isClock = (weather: Weather): boolean => weather.kind === 'clock';
    const strikes = causeIn((requestId === undefined ? undefined : struck.get(requestId)) ?? []);
    if (abortedBy === 's3' || S3_FAULTS.has(code) || S3_CODES.has(code) || code.startsWith('s3_5'))
      return strikes ?? during(from, to, PASSING_MS, ({ kind }) => kind === 's3-refuses');
    // Of HEAD there is no code, for the bridge neither: S3's status goes on.
    if (code === 's3_credentials_rejected' || code === 's3_400' || code === 's3_403')
      return during(from, to, FELT_MS, isClock);
    if (code.startsWith('metadata_')) return during(from, to, FELT_MS, isSupplier('metadata'));
    if (code.startsWith('sts_'))
      return during(from, to, FELT_MS, (weather) => isSupplier('sts')(weather) || isClock(weather));
    if (code === 'signing_keys_unavailable') return during(from, to, FELT_MS, isSupplier('certs'));
    if (code === 'token_key_unknown') return during(from, to, KEY_FELT_MS, ({ kind }) => kind === 'new-key');
    return undefined;
  };
  const byCode = (one: Told, from: number, to: number): string | undefined =>
    byInjected(one, from, to) ?? bySlowness(one, from, to);
  return {
    line: (line, at) => {
      if (String(line['message']).startsWith('SIGHUP'))
        return during(at, at, PASSING_MS, (weather) => weather.kind === 'reload' && weather.to === 'invalid');
      const milliseconds = line['milliseconds'] as { readonly total?: number } | undefined;
      return byCode(toldIn(line), at - (milliseconds?.total ?? 0), at);
    },
    slowness: (plan, { begun, ended }) => {
      const known = told.get(plan);
      return known && bySlowness(known, begun, ended);
    },
    answer: (plan, { begun, ended }) => {
      const known = told.get(plan);
      return known && byCode(known, begun, ended);
    },
  };
}

/** What only takes its time must not make a request fail. */
const HARMLESS: ReadonlySet<StrikeName> = new Set(['delay', 'drip']);

const causeIn = (strikes: readonly StrikeName[]): string | undefined =>
  strikes.filter((how) => !HARMLESS.has(how)).join('+') || undefined;

/** By the fault's code, or S3's; of S3 without one, its status. */
export function toldIn(line: LogLine): Told {
  const s3 = line['s3'] as { readonly code?: string; readonly status: number } | undefined;
  return {
    code: text(line['fault']) ?? (s3 && (s3.code ?? `s3_${s3.status}`)),
    abortedBy: text(line['abortedBy']),
    requestId: text(line['requestId']),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
