// One request and its response: as the user of this client sees them, and as a connection reports them.
import type { Cancellation } from '../runtime/cancellation.ts';
import type { Free } from './read-buffers.ts';
import type { ResponseHead } from './response-head.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'HEAD';
  /** Path and query, escaped: sent unchanged. */
  readonly path: string;
  /** Names and values in turn, sent unchanged. */
  readonly headers: readonly string[];
  readonly cancellation: Cancellation;
}

export interface UpstreamResponse {
  readonly status: number;
  /** Names as sent and values, in turn, as Latin-1. */
  readonly headers: readonly string[];
  /** The complete body if it arrived with its head; a small one as Latin-1. Anyone who uses it need not call `pipe`. */
  readonly whole?: Buffer | string;
  /** Call it once, or `abort`: a body that nobody reads would hold its connection. */
  pipe(sink: Sink): void;
  resume(): void;
  /** Closes the connection, before or while the body is read; a sink that was given fails. */
  abort(): void;
}

/** Receives a response body. Each function may be called as soon as the sink is passed to `UpstreamResponse.pipe`. */
export interface Sink {
  /**
   * @param free to call when the chunk is no longer used; a sink that keeps the chunk does not call it
   * @returns false if it wants no more until it calls `UpstreamResponse.resume`
   */
  write(chunk: Buffer, free?: Free): boolean;
  end(): void;
  /** The body ended early: the bytes written are not all of it. */
  fail(error: Error): void;
}

/** A request in progress on a connection. Called in this order, and not after `end`, `fail`, or a `head` with the complete body. */
export interface Exchange {
  readonly method: 'GET' | 'HEAD';
  /** @param whole the body, if all of it arrived with its head; a small one as Latin-1 */
  head(head: ResponseHead, whole: Buffer | string | undefined): void;
  /** @returns false if no more is wanted until the connection's `resume` */
  data(chunk: Buffer, free?: Free): boolean;
  end(): void;
  /** @param isBeforeResponse whether the connection ended before the first byte of the response */
  fail(error: unknown, isBeforeResponse: boolean): void;
}

/** @param headers raw pairs; `name` in lower case */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const sent = headers[i];
    if (sent?.length === name.length && sent.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}
