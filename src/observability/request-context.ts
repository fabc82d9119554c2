// The state of one request. Each step of request handling sets some fields, which the access log and the metrics then read.
import { randomBytes } from 'node:crypto';
import type { Fault } from '../errors/fault.ts';
import type { CallerRequest, CallerResponse } from '../runtime/caller-exchange.ts';
import { createCancellation } from '../runtime/cancellation.ts';
import type { AbortableCancellation } from '../runtime/cancellation.ts';

/** Times are in milliseconds. */
export interface RequestContext {
  readonly request: CallerRequest;
  readonly response: CallerResponse;
  readonly requestId: string;
  readonly remoteIp: string | undefined;
  readonly startedAt: number;
  /** Aborted when the caller disconnects before it has received the complete response. */
  readonly cancellation: AbortableCancellation;
  /**
   * The counters that all attempts of this request's reads share (see `ReadCounters`). `path` is undefined if the last attempt
   * went directly to S3, and `cache` is undefined if there is no cache.
   */
  readonly counters: {
    retries: number;
    resumed: number;
    parts: number;
    bytesFromS3: number;
    flights: number;
    onFlightsEnd: (() => void) | undefined;
    path: 'cloudfront' | undefined;
    cloudFrontFallback: string | undefined;
    cache: CacheUse | undefined;
  };
  operation: string;
  caller: { readonly subject: string; readonly issuer?: string; readonly email?: string } | undefined;
  /** The decision to allow the request; undefined if there is none yet, or if the request was denied. */
  decision: Decision | undefined;
  bucket: string | undefined;
  /** The bucket's name or ARN in S3, if it differs from `bucket`. */
  target: string | undefined;
  key: string | undefined;
  /** The prefix of a list request. */
  prefix: string | undefined;
  role: string | undefined;
  sessionName: string | undefined;
  /** The reason why the bridge rejected the request or could not complete it. */
  fault: Fault | undefined;
  /** S3's own error response. */
  s3: UpstreamError | undefined;
  s3RequestId: string | undefined;
  /** The number of body bytes that the caller's connection has accepted. */
  bytesSent: number;
  /** The size of a body that is sent with a single write; the access log counts it as sent if the response was completed. */
  documentBytes: number;
  /** The party that aborted the response; undefined if the caller disconnected. */
  abortedBy: 's3' | 'bridge' | 'stall' | undefined;
  /** The duration of each step; NOT_REACHED until the step ends. */
  tokenMs: number;
  stsMs: number;
  s3FirstByteMs: number;
  /** The time at which the current step began. */
  stepStartedAt: number;
}

/** The reason why a request is allowed. If a request is denied, its context contains a fault instead. */
export interface Decision {
  /**
   * - `grant`: the grants in `grants` allow the request.
   * - `any_grant`: any grant on the bucket is enough for the request: a check whether the bucket exists, its location, or a list
   *   of the prefixes that lead to the caller's grants.
   * - `own_buckets`: the list of the caller's own buckets, which needs no grant.
   */
  readonly reason: 'grant' | 'any_grant' | 'own_buckets';
  /** The positions of the grants in the configuration, from 0. */
  readonly grants: readonly number[];
}

export interface CacheUse {
  readonly result: 'hit' | 'confirmed' | 'miss' | 'bypass';
  /** The parameters of the Cache-Status header (RFC 9211). */
  readonly status: string;
  /** How long ago S3 confirmed the object to the caller's session. */
  readonly ageSeconds: number;
}

export interface UpstreamError {
  readonly code: string | undefined;
  readonly status: number;
  /** Details of an AccessDenied error; for the log. */
  readonly denial: object | undefined;
  /** The fix for the operator; undefined if the caller must fix its request. */
  readonly fix: string | undefined;
}

export const NOT_REACHED = -1;

/** @returns a function that creates a request's context */
export function requestContexts(): (request: CallerRequest, response: CallerResponse) => RequestContext {
  // A random process ID with a counter takes less CPU time than a random number for each request.
  const processId = randomBytes(6).toString('hex');
  let count = 0;
  return (request, response) => {
    const now = performance.now();
    // All members are set at once and in the same order, because objects of the same shape are cheaper to read.
    return {
      request,
      response,
      requestId: `${processId}-${(count++).toString(36).padStart(6, '0')}`,
      // The address is read now, because a closed socket no longer has it.
      remoteIp: request.socket.remoteAddress,
      startedAt: now,
      cancellation: createCancellation(),
      counters: {
        retries: 0,
        resumed: 0,
        parts: 0,
        bytesFromS3: 0,
        flights: 0,
        onFlightsEnd: undefined,
        path: undefined,
        cloudFrontFallback: undefined,
        cache: undefined,
      },
      operation: 'unknown',
      caller: undefined,
      decision: undefined,
      bucket: undefined,
      target: undefined,
      key: undefined,
      prefix: undefined,
      role: undefined,
      sessionName: undefined,
      fault: undefined,
      s3: undefined,
      s3RequestId: undefined,
      bytesSent: 0,
      documentBytes: 0,
      abortedBy: undefined,
      tokenMs: NOT_REACHED,
      stsMs: NOT_REACHED,
      s3FirstByteMs: NOT_REACHED,
      stepStartedAt: now,
    };
  };
}

/**
 * @param bytes the size of a chunk of the response body
 * @returns the callback for the chunk's write, which counts the chunk once the connection has accepted it
 */
export function countSent(
  context: RequestContext,
  bytes: number,
  free?: (error?: Error | null) => void,
): (error?: Error | null) => void {
  return (error) => {
    if (error === undefined || error === null) context.bytesSent += bytes;
    free?.(error);
  };
}

/** Ends a step, and begins the next one. */
export function endStep(context: RequestContext, step: 'tokenMs' | 'stsMs' | 's3FirstByteMs'): void {
  const now = performance.now();
  context[step] = now - context.stepStartedAt;
  context.stepStartedAt = now;
}
