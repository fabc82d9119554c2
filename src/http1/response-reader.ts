// Reads the responses that arrive on one connection, one after another, and reports each to its exchange.
import { chunkedBody } from './chunked-body.ts';
import type { ChunkedBody } from './chunked-body.ts';
import type { Exchange } from './exchange.ts';
import { invalidResponse } from './http-error.ts';
import type { Free } from './read-buffers.ts';
import { readResponseHead } from './response-head.ts';
import type { ResponseHead } from './response-head.ts';

/** Whether the response continues, continues after a `resume`, or has ended, on a connection that may be reused or must be closed. */
export type Progress = 'continues' | 'paused' | 'ended' | 'ended and closes';

export interface ResponseReader {
  begin(exchange: Exchange): void;
  /**
   * @param bytes are copied, unless `free` is given and they are many: then the exchange gets this very memory
   * @throws HttpError invalid_response
   */
  read(bytes: Buffer, free: Free | undefined): Progress;
  /** Whether the complete head has been read; stays true after the response has ended. */
  hasHead(): boolean;
  /** Whether the rest of the body is long enough to be worth a buffer of its own. */
  isLarge(): boolean;
}

/** S3's heads are below 8 KiB, metadata included. */
const MAX_HEAD_BYTES = 64 * 1024;
const USUAL_HEAD_BYTES = 2048;

/** Smaller pieces are copied, so that a slow reader does not hold a whole read buffer for each. */
export const COPIED_BYTES = 16 * 1024;

/** Bodies up to this size are cheaper as text, which the server sends in one write with the head. Measured: 10 % of a 1 KiB read's CPU. */
const TEXT_BYTES = 8 * 1024;

const NOTHING = Buffer.alloc(0);
const PROTOCOL = 'HTTP/1.';
const END_OF_HEAD = '\r\n\r\n';

/** Rejected before the head is complete: a head of such lines never would be. */
const BARE_LINE_FEED = /(?<!\r)\n/;

/** @param mayReuseAfterHead whether this server is known to send no body in response to HEAD */
export function responseReader(mayReuseAfterHead: boolean): ResponseReader {
  let exchange: Exchange | undefined;
  let head: ResponseHead | undefined;
  let held = NOTHING;
  let interimBytes = 0;
  let remaining = 0;
  let chunks: ChunkedBody | undefined;

  /** @param hasExtra whether the upstream sent more than its response */
  const finish = (hasExtra: boolean): Progress => {
    // A body that a server sends in response to HEAD would be read as the next response, perhaps for another caller.
    const isAmbiguous = exchange?.method === 'HEAD' && !mayReuseAfterHead;
    return head?.keepsAlive === true && !hasExtra && !isAmbiguous ? 'ended' : 'ended and closes';
  };

  /** @returns where the body begins in `bytes`; undefined if the head continues */
  const readHead = (bytes: Buffer): number | undefined => {
    for (let from = 0; ;) {
      let text = bytes.toString('latin1', from, Math.min(bytes.length, from + USUAL_HEAD_BYTES));
      let length = text.indexOf(END_OF_HEAD);
      if (length === -1 && bytes.length > from + USUAL_HEAD_BYTES) {
        text = bytes.toString('latin1', from);
        length = text.indexOf(END_OF_HEAD);
      }
      if (length === -1) {
        // A server of another protocol may wait for the client, or close the connection.
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
      // Any number of interim responses may precede the final one (RFC 9110, 15.2). Together they may be as long as one head.
      interimBytes += length;
      if (interimBytes > MAX_HEAD_BYTES) throw invalidResponse('interim responses');
    }
  };

  const readCounted = (bytes: Buffer, free: Free | undefined): Progress => {
    const piece = bytes.length > remaining ? bytes.subarray(0, remaining) : bytes;
    remaining -= piece.length;
    const wantsMore =
      free !== undefined && bytes.length > COPIED_BYTES
        ? exchange?.data(piece, free)
        : exchange?.data(Buffer.from(piece));
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
      exchange?.head(
        head,
        length <= TEXT_BYTES ? all.toString('latin1', start, end) : Buffer.from(all.subarray(start, end)),
      );
      return finish(all.length > end);
    }
    exchange?.head(head, undefined);
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
    hasHead: () => head !== undefined,
    isLarge: () => remaining > COPIED_BYTES,
  };
}
