// Reads the trace context that a caller or Google's front end sends: W3C's traceparent, otherwise Google's own header.
import type { CallerRequest } from '../runtime/caller-exchange.ts';

export interface TraceContext {
  /** The trace's ID: 32 lowercase hexadecimal digits, not all zeros. */
  readonly traceId: string;
  /** The caller's span: 16 lowercase hexadecimal digits, not all zeros. Google's header may omit it. */
  readonly spanId: string | undefined;
  readonly isSampled: boolean;
}

/**
 * Matches a traceparent. Versions after 00 may have more fields (W3C Trace Context, "Versioning of traceparent"). Rejects the
 * invalid version ff and IDs that consist of zeros.
 */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Matches Google's own header, in which the span ID is a decimal number (Cloud Trace, "Trace context"). */
const CLOUD_TRACE = /^((?!0{32})[0-9a-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?$/;

/** @returns undefined if there is no valid context; an invalid traceparent is ignored, as W3C requires */
export function traceContextOf({ headers }: Pick<CallerRequest, 'headers'>): TraceContext | undefined {
  const { traceparent, 'x-cloud-trace-context': cloudTrace } = headers;
  if (traceparent === undefined && cloudTrace === undefined) return undefined;
  const w3c = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  const [, version, traceId, spanId, flags = '0', more] = w3c ?? [];
  if (traceId !== undefined && (version !== '00' || more === undefined))
    return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
  const google = typeof cloudTrace === 'string' ? CLOUD_TRACE.exec(cloudTrace) : null;
  const [, googleTraceId, googleSpanId, option] = google ?? [];
  if (googleTraceId === undefined) return undefined;
  return { traceId: googleTraceId, spanId: hexSpanId(googleSpanId), isSampled: option === '1' };
}

/** @returns undefined if the number is zero or exceeds 64 bits */
function hexSpanId(decimal = '0'): string | undefined {
  const hex = BigInt(decimal).toString(16).padStart(16, '0');
  return hex.length > 16 || /^0+$/.test(hex) ? undefined : hex;
}
