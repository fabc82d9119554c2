// Finds the injected fault that caused an unexpected result, if any.
import type { LogLine } from '../support/bridge-process.ts';
import type { StrikeName } from './inject-fault.ts';
import type { Held, Weather } from './fault-schedule.ts';

export interface Explainer {
  /** Returns the cause of a log line at ERROR or above; undefined if no fault explains the line. */
  line(line: LogLine, at: number): string | undefined;
  /** If a slow machine caused an unexpected response, returns a description of the cause; otherwise undefined. */
  slowness(plan: number, time: { readonly begun: number; readonly ended: number }): string | undefined;
  /** Returns the cause of an unexpected response: an injected fault or a slow machine; undefined if neither explains it. */
  answer(plan: number, time: { readonly begun: number; readonly ended: number }): string | undefined;
}

/** Fields of the bridge's log line for a failed request. */
export interface Told {
  readonly code: string | undefined;
  readonly abortedBy: string | undefined;
  readonly requestId: string | undefined;
  /** The limit that the request exceeded. */
  readonly limit: string | undefined;
}

/** How long requests may fail after a Google or STS fault: the time to assume a chain of roles, plus the pause after errors. */
const FELT_MS = 17_000;
/** How long requests may fail after a key rotation: the pause before the bridge fetches Google's keys again. */
const KEY_FELT_MS = 31_000;
/** How long requests may fail after any other fault. */
const PASSING_MS = 1_000;

/** Fault codes that a slow machine can cause, because the emulators run on the same machine. */
const OF_A_SLOW_MACHINE = /_timeout$|_unreachable$|^signing_keys_unavailable$|^sts_failed$/;

const S3_FAULTS = new Set(['s3_unreachable', 's3_timeout', 's3_invalid_response']);
const S3_CODES = new Set(['SlowDown', 'InternalError', 'ServiceUnavailable', 'BadGateway']);

const isUpstream =
  (...names: readonly string[]) =>
  (weather: Weather): boolean =>
    weather.kind === 'upstream' && names.includes(weather.upstream);

/**
 * @param sources.struck the faults that S3 injected, by request ID
 * @param sources.told data from the bridge's log, by plan ID
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
  const bySlowness = (
    { code = '', abortedBy, limit }: Told,
    from: number,
    to: number,
  ): string | undefined => {
    if (code === 'event_loop_lagging') return "the bridge's event loop was lagging";
    // The plan does not limit a caller's concurrent JSON lists, and the bridge accepts only two.
    if (code === 'overloaded' && limit === 'pagesPerCaller') return limit;
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
    // S3's error responses to HEAD requests have no error code, so only the status is known.
    if (code === 's3_credentials_rejected' || code === 's3_400' || code === 's3_403')
      return during(from, to, FELT_MS, isClock);
    if (code.startsWith('metadata_')) return during(from, to, FELT_MS, isUpstream('metadata'));
    if (code.startsWith('sts_'))
      return during(from, to, FELT_MS, (weather) => isUpstream('sts')(weather) || isClock(weather));
    if (code === 'signing_keys_unavailable') return during(from, to, FELT_MS, isUpstream('certs'));
    if (code === 'token_key_unknown') return during(from, to, KEY_FELT_MS, ({ kind }) => kind === 'new-key');
    return undefined;
  };
  const byCode = (one: Told, from: number, to: number): string | undefined => {
    return byInjected(one, from, to) ?? bySlowness(one, from, to);
  };
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

/** Faults that delay a response, but must not cause an error. */
const HARMLESS: ReadonlySet<StrikeName> = new Set(['delay', 'drip']);

const causeIn = (strikes: readonly StrikeName[]): string | undefined =>
  strikes.filter((how) => !HARMLESS.has(how)).join('+') || undefined;

/** Extracts the fault code or S3's error code from a log line, or S3's status if there is no code. */
export function toldIn(line: LogLine): Told {
  const s3 = line['s3'] as { readonly code?: string; readonly status: number } | undefined;
  const cause = line['cause'] as { readonly limit?: unknown } | undefined;
  return {
    code: text(line['fault']) ?? (s3 && (s3.code ?? `s3_${s3.status}`)),
    abortedBy: text(line['abortedBy']),
    requestId: text(line['requestId']),
    limit: text(cause?.limit),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
