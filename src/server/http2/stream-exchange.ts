// Presents an HTTP/2 stream as the request and response that request handling uses.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { CallerRequest, CallerResponse, ResponseSocket } from '../../runtime/caller-exchange.ts';

/**
 * The limit on the bytes that are waiting to be accepted by the kernel, for all streams of a session together. Above this
 * limit, each stream that writes pauses until its own bytes are sent. A lower limit would slow down a single stream. With a
 * higher limit, the bytes of many streams leave the CPU's caches before they are sent. Measured with 1 MiB objects: with one
 * stream, a limit of 1 byte reduces the throughput by 40 %. With 32 streams, 256 KiB for all streams together takes a third
 * less CPU than 128 KiB for each stream.
 */
const MAX_WAITING_BYTES = 256 * 1024;

/** The number of bytes that a session's streams have written but the kernel has not accepted yet. */
export interface WaitingBytes {
  count: number;
}

export function streamRequest(
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  { stream, socket }: { readonly stream: ServerHttp2Stream; readonly socket: Socket },
): CallerRequest {
  const { ':method': method, ':path': url, ':authority': authority } = headers;
  // `:authority` replaces Host, and nghttp2 rejects requests that contain neither (RFC 9113, 8.3.1).
  if (authority !== undefined) headers.host = authority;
  return { httpVersion: '2.0', method, url, headers, rawHeaders, socket, stream };
}

/**
 * Used instead of Node's Http2ServerResponse. All streams share the `socket` of that class, so this socket does not show
 * whether a single response makes progress or whether its caller is ready for more data.
 *
 * This is a class, because V8 creates a hidden class for each object literal with getters. The hidden class keeps the object in
 * memory until the next major garbage collection.
 */
export class StreamResponse implements CallerResponse, ResponseSocket {
  statusCode = 200;
  readonly #stream: ServerHttp2Stream;
  readonly #connection: Socket;
  readonly #waiting: WaitingBytes;
  /** Alternating names and values, as for `writeHead`. */
  #added: string[] = [];
  #closeListeners: (() => void)[] = [];
  #drainListeners: (() => void)[] = [];
  #bytesWritten = 0;
  #hasEnded = false;

  constructor(stream: ServerHttp2Stream, connection: Socket, waiting: WaitingBytes) {
    this.#stream = stream;
    this.#connection = connection;
    this.#waiting = waiting;
  }

  get socket(): ResponseSocket {
    return this;
  }

  /** Counts an unsent last frame as one byte, because the frame may be waiting for a client that does not read. */
  get writableLength(): number {
    const stream = this.#stream;
    return stream.writableLength || Number(stream.writableEnded && !stream.closed);
  }

  get bytesWritten(): number {
    return this.#stream.writableLength > 0 ? this.#bytesWritten : this.#connection.bytesWritten;
  }

  get headersSent(): boolean {
    return this.#stream.headersSent;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  /** The stream's own `writableFinished` is not enough, because Node also ends the stream if the client cancels it. */
  get writableFinished(): boolean {
    return this.#hasEnded && this.#stream.writableFinished;
  }

  cork(): void {
    this.#stream.cork();
  }

  uncork(): void {
    this.#stream.uncork();
  }

  setHeader(name: string, value: string | number): void {
    this.#added.push(name, String(value));
  }

  writeHead(status: number, headers: readonly string[] = []): this {
    // If the stream is closed, Node would throw an error, unlike over HTTP/1.
    if (this.destroyed) return this;
    this.statusCode = status;
    const pairs = responseHeaders(status, headers, this.#added);
    // For HEAD, and for a status without a body, this also ends the stream.
    this.#stream.respond(pairs);
    // Node's closed streams survive minor garbage collections. If they kept these strings, S3's response would also stay in
    // memory, because the strings are parts of that response.
    pairs.length = 0;
    return this;
  }

  write(chunk: Buffer, free?: (error?: Error | null) => void): boolean {
    const stream = this.#stream;
    if (stream.writableEnded || stream.destroyed) {
      free?.(new Error('the stream has ended'));
      return true;
    }
    const { length } = chunk;
    const waiting = this.#waiting;
    this.#bytesWritten += length;
    waiting.count += length;
    const wantsMore = stream.write(chunk, (error) => {
      waiting.count -= length;
      // Reports an error if the stream was canceled, because Node reports the waiting writes of such a stream as successful.
      free?.(stream.destroyed ? (error ?? new Error('the stream was canceled')) : error);
    });
    return wantsMore || waiting.count < MAX_WAITING_BYTES;
  }

  end(chunk: Buffer | string = '', encoding: BufferEncoding = 'utf8'): void {
    if (this.destroyed) return;
    this.#hasEnded = true;
    if (this.#stream.writableEnded) return;
    this.#bytesWritten += chunk.length;
    if (chunk.length === 0) this.#stream.end();
    else this.#stream.end(chunk, encoding);
  }

  destroy(): void {
    // Does not call `close`, which would end the stream first, so that the log would report the response as complete.
    this.#stream.destroy(new Error('the response was aborted'));
  }

  on(event: 'close' | 'drain', listener: () => void): void {
    if (event === 'close') {
      this.#closeListeners.push(listener);
    } else {
      this.#drainListeners.push(listener);
      this.#stream.on(event, listener);
    }
  }

  once(_event: 'close', listener: () => void): void {
    this.#closeListeners.push(listener);
  }

  /** Must be called when the stream has closed. */
  onClose(): void {
    for (const listener of this.#closeListeners) listener();
    // Node's closed stream still refers to this object, so the listeners would keep the request's objects in memory.
    this.#closeListeners = [];
    for (const listener of this.#drainListeners) this.#stream.off('drain', listener);
    this.#drainListeners = [];
  }
}

/** @returns the headers in the form that Node's `respond` requires; repeated headers stay separate, as over HTTP/1 */
function responseHeaders(status: number, headers: readonly string[], added: readonly string[]): string[] {
  const pairs = [':status', String(status)];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    // Skips the Connection header: it exists only in HTTP/1 (RFC 9113, 8.2.2), so Node would throw an error.
    if (name.toLowerCase() !== 'connection') pairs.push(name, headers[i + 1] ?? '');
  }
  // As over HTTP/1, a header in `headers` replaces the header of the same name from `setHeader`.
  const names =
    added.length > 0
      ? new Set(pairs.map((text) => text.toLowerCase()).filter((_, i) => i % 2 === 0))
      : undefined;
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i] ?? '';
    if (names?.has(name.toLowerCase()) !== true) pairs.push(name, added[i + 1] ?? '');
  }
  return pairs;
}
