// Keeps in memory what the page for operators shows: what the console has served in each minute of the last hour, and its last
// errors.
import { FAULTS } from '../errors/table.ts';
import type { RequestContext } from '../observability/request-context.ts';

const MINUTES = 60;
const MINUTE_MS = 60_000;
const MAX_ERRORS = 50;

interface Minute {
  readonly time: string;
  requests: number;
  failed: number;
  bytes: number;
}

interface RecentError {
  readonly time: string;
  readonly status: number;
  readonly error: string;
  readonly operation: string;
  readonly caller: string | undefined;
  readonly bucket: string | undefined;
  readonly remedy: string | undefined;
  readonly requestId: string;
}

export interface Activity {
  /** Counts a request. Must be called when its response has ended. */
  record(context: RequestContext): void;
  /** Returns the minutes of the last hour, oldest first, and the last errors, newest first. */
  recent(): { readonly minutes: readonly Minute[]; readonly errors: readonly RecentError[] };
}

/** The operations that are not counted: the page and its files, probes, and the data of the page for operators. */
const NOT_COUNTED = new Set(['page', 'asset', 'live', 'ready', 'activity', 'egress']);

export function createActivity(): Activity {
  /** The minutes, by their number since the epoch. */
  const minutes = new Map<number, Minute>();
  const errors: RecentError[] = [];
  const minuteOf = (number: number): Minute =>
    minutes.get(number) ?? {
      time: new Date(number * MINUTE_MS).toISOString(),
      requests: 0,
      failed: 0,
      bytes: 0,
    };
  const current = (): number => Math.floor(Date.now() / MINUTE_MS);
  return {
    record: (context) => {
      // Skips requests without a valid assertion: anyone who can reach the console can send them, and they could push all other
      // errors out of the list.
      if (NOT_COUNTED.has(context.operation) || context.caller === undefined) return;
      const number = current();
      const minute = minuteOf(number);
      if (!minutes.has(number)) {
        for (const old of minutes.keys()) if (old <= number - MINUTES || old > number) minutes.delete(old);
        minutes.set(number, minute);
      }
      minute.requests += 1;
      const { bytesSent, documentBytes, response } = context;
      minute.bytes += bytesSent + (response.writableFinished ? documentBytes : 0);
      const error = errorIn(context);
      if (error === undefined) return;
      minute.failed += 1;
      errors.unshift(error);
      errors.length = Math.min(errors.length, MAX_ERRORS);
    },
    recent: () => {
      const last = current();
      const numbers = Array.from({ length: MINUTES }, (_, position) => last - MINUTES + 1 + position);
      return { minutes: numbers.map(minuteOf), errors };
    },
  };
}

function errorIn(context: RequestContext): RecentError | undefined {
  const { fault, s3, response, operation, caller, bucket, requestId, abortedBy } = context;
  const error = fault?.code ?? s3?.code ?? (abortedBy === 's3' ? 'aborted by s3' : undefined);
  if (error === undefined) return undefined;
  return {
    time: new Date().toISOString(),
    status: response.statusCode,
    error,
    operation,
    caller: caller?.subject,
    bucket,
    remedy: fault === undefined ? s3?.fix : FAULTS[fault.code].fix,
    requestId,
  };
}
