// The state of one request while the steps work on it. Its access log line and metrics are written from it at the end.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../errors/fault.ts';
import { createCancellation } from '../runtime/cancellation.ts';
import type { AbortableCancellation } from '../runtime/cancellation.ts';

/** Filled in as the request goes through the steps. Times in milliseconds. */
export interface RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly remoteIp: string | undefined;
  readonly startedAt: number;
  /** Aborted when the caller disconnects before it has the complete response. */
  readonly cancellation: AbortableCancellation;
  /** How often the request was sent to S3 again: before a response, and during a body. */
  readonly counters: { retries: number; resumed: number };
  operation: string;
  caller: { readonly subject: string; readonly email?: string } | undefined;
  bucket: string | undefined;
  key: string | undefined;
  /** Of a list. */
  prefix: string | undefined;
  role: string | undefined;
  sessionName: string | undefined;
  /** Why the caller did not get the requested response. */
  fault: Fault | undefined;
  /** S3's own error response. */
  s3: UpstreamError | undefined;
  s3RequestId: string | undefined;
  /** Bytes of the body that were sent. */
  bytes: number;
  /** Who aborted the response, unless the caller disconnected. */
  abortedBy: 's3' | 'bridge' | 'stall' | undefined;
  /** How long each step took; NOT_REACHED until it ends. */
  tokenMs: number;
  stsMs: number;
  s3FirstByteMs: number;
  /** When the current step began. */
  stepStartedAt: number;
}

export interface UpstreamError {
  readonly code: string | undefined;
  readonly status: number;
  /** Details of an AccessDenied, for the log. */
  readonly denial: object | undefined;
  /** For the operator; undefined if the caller must fix its request. */
  readonly fix: string | undefined;
}

export const NOT_REACHED = -1;

/** @returns makes the context of a request */
export function requestContexts(): (request: IncomingMessage, response: ServerResponse) => RequestContext {
  // Random for each process, counted within it: cheaper than a random number for each request.
  const processId = randomBytes(6).toString('hex');
  let count = 0;
  return (request, response) => {
    const now = performance.now();
    // All members at once, and in one order: objects of one shape are cheaper to read.
    return {
      request,
      response,
      requestId: `${processId}-${(count++).toString(36).padStart(6, '0')}`,
      // A closed socket no longer has its address.
      remoteIp: request.socket.remoteAddress,
      startedAt: now,
      cancellation: createCancellation(),
      counters: { retries: 0, resumed: 0 },
      operation: 'unknown',
      caller: undefined,
      bucket: undefined,
      key: undefined,
      prefix: undefined,
      role: undefined,
      sessionName: undefined,
      fault: undefined,
      s3: undefined,
      s3RequestId: undefined,
      bytes: 0,
      abortedBy: undefined,
      tokenMs: NOT_REACHED,
      stsMs: NOT_REACHED,
      s3FirstByteMs: NOT_REACHED,
      stepStartedAt: now,
    };
  };
}

/** Ends a step, and begins the next one. */
export function endStep(context: RequestContext, step: 'tokenMs' | 'stsMs' | 's3FirstByteMs'): void {
  const now = performance.now();
  context[step] = now - context.stepStartedAt;
  context.stepStartedAt = now;
}
