// Reads the responses on one connection, one after another, and passes each to its exchange.
import { chunkedBody } from './chunked-body.ts';
import type { ChunkedBody } from './chunked-body.ts';
import type { Exchange } from './exchange.ts';
import { invalidResponse } from './http-error.ts';
import { COPIED_BYTES } from './read-buffers.ts';
import type { Free, ReadBuffers } from './read-buffers.ts';
import { readResponseHead } from './response-head.ts';
import type { ResponseHead } from './response-head.ts';

/**
 * The state of a response: it continues, is paused until `resume`, or has ended. After 'ended', the connection may be reused;
 * after 'ended and closes', the connection must be closed.
 */
export type Progress = 'continues' | 'paused' | 'ended' | 'ended and closes';

export interface ResponseReader {
  begin(exchange: Exchange): void;
  /**
   * @param bytes copied if there are only a few or if `free` is undefined; otherwise passed to the exchange without a copy
   * @throws HttpError invalid_response
   */
  read(bytes: Buffer, free: Free | undefined): Progress;
  /** Ensures that the exchange receives nothing more, even if its own code closed the connection during a read. */
  stop(): void;
  /** Whether the complete head has been read; stays true after the response has ended. */
  hasHead(): boolean;
  /** The number of body bytes that have not been read; 0 for a chunked body. */
  remaining(): number;
}

/** The maximum size of a response head. S3's response heads are smaller than 8 KiB, including metadata. */
const MAX_HEAD_BYTES = 64 * 1024;
const USUAL_HEAD_BYTES = 2048;

/**
 * Bodies up to this size are passed on as strings, because Node's server sends a string and the head in one write. Measured: a 1
 * KiB read takes 10 % less CPU.
 */
const TEXT_BYTES = 8 * 1024;

const NOTHING = Buffer.alloc(0);
const PROTOCOL = 'HTTP/1.';
const END_OF_HEAD = '\r\n\r\n';

/**
 * Matches a bare line feed. A bare line feed is rejected at once, because a head with bare line feeds would never look complete.
 */
const BARE_LINE_FEED = /(?<!\r)\n/;

/** @param mayReuseAfterHead whether this server is known never to send a body in response to HEAD */
export function responseReader(mayReuseAfterHead: boolean, buffers: ReadBuffers): ResponseReader {
  let exchange: Exchange | undefined;
  let head: ResponseHead | undefined;
  let held = NOTHING;
  let interimBytes = 0;
  let remaining = 0;
  let chunks: ChunkedBody | undefined;

  /** @param hasExtra whether the upstream sent more bytes than its response contains */
  const finish = (hasExtra: boolean): Progress => {
    // After a HEAD, a body that the server sends anyway could be read as the next response, perhaps for another caller.
    const isAmbiguous = exchange?.method === 'HEAD' && !mayReuseAfterHead;
    return head?.keepsAlive === true && !hasExtra && !isAmbiguous ? 'ended' : 'ended and closes';
  };

  /** @returns the offset of the body in `bytes`; undefined if the head is incomplete */
  const readHead = (bytes: Buffer): number | undefined => {
    for (let from = 0; ;) {
      let text = bytes.toString('latin1', from, Math.min(bytes.length, from + USUAL_HEAD_BYTES));
      let length = text.indexOf(END_OF_HEAD);
      if (length === -1 && bytes.length > from + USUAL_HEAD_BYTES) {
        text = bytes.toString('latin1', from);
        length = text.indexOf(END_OF_HEAD);
      }
      if (length === -1) {
        // The first bytes of an incomplete head are checked early, because a server that speaks a different protocol may wait
        // for the client or close the connection.
        if (!PROTOCOL.startsWith(text.slice(0, PROTOCOL.length))) throw invalidResponse('protocol');
        if (BARE_LINE_FEED.test(text)) throw invalidResponse('line feed');
        if (text.length > MAX_HEAD_BYTES) throw invalidResponse('long head');
        held = Buffer.from(bytes.subarray(from));
        return undefined;
      }
      const read = readResponseHead(text.slice(0, length), exchange?.method === 'HEAD');
      from += length + END_OF_HEAD.length;
      if (read.status >= 200) {
        head = read;
        return from;
      }
      // Any number of interim responses may precede the final response (RFC 9110, 15.2), so their total length is limited.
      interimBytes += length;
      if (interimBytes > MAX_HEAD_BYTES) throw invalidResponse('interim responses');
    }
  };

  const readCounted = (bytes: Buffer, free: Free | undefined): Progress => {
    const piece = bytes.length > remaining ? bytes.subarray(0, remaining) : bytes;
    remaining -= piece.length;
    const kept =
      free !== undefined && bytes.length > COPIED_BYTES ? { bytes: piece, free } : buffers.copy(piece);
    const wantsMore = exchange?.data(kept.bytes, kept.free);
    if (remaining > 0) return wantsMore === false ? 'paused' : 'continues';
    exchange?.end();
    return finish(piece.length < bytes.length);
  };

  const readChunked = (body: ChunkedBody, bytes: Buffer): Progress => {
    let wantsMore = true as boolean;
    const copy = Buffer.from(bytes);
    const read = body.read(copy, (piece) => {
      wantsMore = exchange?.data(piece) !== false;
    });
    if (!body.hasEnded()) return wantsMore ? 'continues' : 'paused';
    exchange?.end();
    return finish(read < copy.length);
  };

  const readStart = (bytes: Buffer): Progress => {
    const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    held = NOTHING;
    const start = readHead(all);
    if (start === undefined || head === undefined) return 'continues';
    const { length } = head;
    if (length !== 'chunked' && all.length - start >= length) {
      const end = start + length;
      if (length <= TEXT_BYTES) exchange?.head(head, all.toString('latin1', start, end));
      else {
        const { bytes: whole, free } = buffers.copy(all.subarray(start, end));
        exchange?.head(head, whole, free);
      }
      return finish(all.length > end);
    }
    exchange?.head(head);
    const body = all.subarray(start);
    if (length === 'chunked') chunks = chunkedBody();
    else remaining = length;
    if (body.length === 0) return 'continues';
    return chunks === undefined ? readCounted(body, undefined) : readChunked(chunks, body);
  };

  return {
    begin: (next) => {
      exchange = next;
      head = chunks = undefined;
      remaining = interimBytes = 0;
    },
    read: (bytes, free) => {
      if (head === undefined) return readStart(bytes);
      return chunks === undefined ? readCounted(bytes, free) : readChunked(chunks, bytes);
    },
    stop: () => {
      exchange = undefined;
    },
    hasHead: () => head !== undefined,
    remaining: () => remaining,
  };
}
