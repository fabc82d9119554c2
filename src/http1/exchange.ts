// Types for a request and its response: the client's public types, and the interface between a connection and the code that uses
// it.
import type { Cancellation } from '../runtime/cancellation.ts';
import type { Free } from './read-buffers.ts';
import type { ResponseHead } from './response-head.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'HEAD';
  /** The escaped path and query; sent unchanged. */
  readonly path: string;
  /** Alternating header names and values, which are sent unchanged. */
  readonly headers: readonly string[];
  readonly cancellation: Cancellation;
  /** Called with the number of body bytes in each piece that arrives, whether or not anything reads the piece. */
  readonly onBody?: ((bytes: number) => void) | undefined;
}

export interface UpstreamResponse {
  readonly status: number;
  /** Alternating header names and values in Latin-1. The names are spelled as the upstream sent them. */
  readonly headers: readonly string[];
  /**
   * Whether the chunks are only lent: their memory is reused some time after `free` has been called, even if `free` was called
   * with an error. Over HTTP/2, lent chunks must be copied, because Node may send the bytes of a stream after the stream has
   * failed.
   */
  readonly isLent?: boolean;
  /**
   * The complete body, if it arrived together with the response head: a Latin-1 string if the body is small, otherwise a Buffer.
   * Code that uses `whole` need not call `pipe`.
   */
  readonly whole?: Buffer | string;
  /**
   * Makes the memory of `whole` reusable; must be called after the last use of `whole`, unless the calling code keeps the memory.
   */
  readonly free?: Free | undefined;
  /** Either `pipe` or `abort` must be called once, because an unread body occupies its connection. */
  pipe(sink: Sink): void;
  resume(): void;
  /** Closes the connection before or while the body is read. If there is a sink, its `fail` is called. */
  abort(): void;
}

/** Receives a response body. Its functions may be called before `UpstreamResponse.pipe` returns. */
export interface Sink {
  /**
   * @param free makes the chunk's memory reusable; must be called after the last use of the chunk, unless the sink keeps the
   * memory
   * @returns false to pause until `UpstreamResponse.resume` is called
   */
  write(chunk: Buffer, free?: Free): boolean;
  end(): void;
  /** Called if the body ends early. The bytes written so far are then incomplete. */
  fail(error: Error): void;
}

/**
 * A request in progress on a connection. Its functions are called in the order in which they are declared. None is called after
 * `end`, `fail`, or a `head` with the complete body.
 */
export interface Exchange {
  readonly method: 'GET' | 'HEAD';
  /**
   * @param whole the complete body, if it arrived together with the head: a Latin-1 string if the body is small, otherwise a
   * Buffer
   */
  head(head: ResponseHead, whole?: Buffer | string, free?: Free): void;
  /** @returns false to pause until the connection's `resume` is called */
  data(chunk: Buffer, free?: Free): boolean;
  /** Called with the number of body bytes that arrived but will not be delivered, because the connection is being closed. */
  discard(bytes: number): void;
  end(): void;
  /** @param isBeforeResponse whether the connection ended before the first byte of the response */
  fail(error: unknown, isBeforeResponse: boolean): void;
}

/** @param headers alternating names and values @param name the header's name in lower case */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const sent = headers[i];
    if (sent?.length === name.length && sent.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}
