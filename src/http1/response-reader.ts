// Reads the answers that come on one connection, one after the other, and tells the exchange that waits for each.
import { Fault } from '../errors/fault.ts';
import { readResponseHead } from './response-head.ts';
import type { ResponseHead } from './response-head.ts';
import { chunkedBody } from './chunked-body.ts';
import type { ChunkedBody } from './chunked-body.ts';
import type { Exchange } from './exchange.ts';
import type { Free } from './read-buffers.ts';

/** What comes next: more of the answer; more, but not yet; or nothing, on a connection that may carry another or must not. */
export type Progress = 'goes on' | 'pauses' | 'is over' | 'is over with its connection';

export interface ResponseReader {
  begin(exchange: Exchange): void;
  /**
   * @param bytes are copied, unless `free` is given and they are many: then they go to the exchange as they are
   * @throws Fault s3_invalid_response
   */
  read(bytes: Buffer, free: Free | undefined): Progress;
  /** Whether the answer's head has been read whole; of an answer that is over too. */
  hasHead(): boolean;
  /** Whether so much of a body is to come that memory of its own is worth it. */
  isLarge(): boolean;
}

/** S3's are below 8 KiB, metadata included. */
const MAX_HEAD_BYTES = 64 * 1024;
const USUAL_HEAD_BYTES = 2048;

/** Smaller pieces are copied rather than that each holds a whole read's memory while a slow caller takes it. */
export const COPIED_BYTES = 16 * 1024;

/** Bodies up to this size are cheaper as text, which goes out in one write with its head. Measured: a tenth of a 1 KiB read's CPU. */
const TEXT_BYTES = 8 * 1024;

const NOTHING = Buffer.alloc(0);
const PROTOCOL = 'HTTP/1.';
const END_OF_HEAD = '\r\n\r\n';

/** Rejected before the head is complete, as a head of such lines never is. */
const BARE_LINE_FEED = /(?<!\r)\n/;

/** @param mayReuseAfterHead whether this server is known to send no body in response to HEAD */
export function responseReader(mayReuseAfterHead: boolean): ResponseReader {
  let exchange: Exchange | undefined;
  let head: ResponseHead | undefined;
  let held = NOTHING;
  let interimBytes = 0;
  let left = 0;
  let chunks: ChunkedBody | undefined;

  /** @param hasExtra whether S3 sent more than its answer */
  const over = (hasExtra: boolean): Progress => {
    // A body that a server sends in response to HEAD would be read as the next response, perhaps another caller's.
    const isAmbiguous = exchange?.method === 'HEAD' && !mayReuseAfterHead;
    return head?.keepsAlive === true && !hasExtra && !isAmbiguous ? 'is over' : 'is over with its connection';
  };

  /** @returns where the body begins in `bytes`, or undefined where the head goes on */
  const readHead = (bytes: Buffer): number | undefined => {
    for (let from = 0; ;) {
      let text = bytes.toString('latin1', from, Math.min(bytes.length, from + USUAL_HEAD_BYTES));
      let length = text.indexOf(END_OF_HEAD);
      if (length === -1 && bytes.length > from + USUAL_HEAD_BYTES) {
        text = bytes.toString('latin1', from);
        length = text.indexOf(END_OF_HEAD);
      }
      if (length === -1) {
        // What speaks something else might wait for us, or end the connection.
        if (!PROTOCOL.startsWith(text.slice(0, PROTOCOL.length)))
          throw new Fault('s3_invalid_response', { error: 'protocol' });
        if (BARE_LINE_FEED.test(text)) throw new Fault('s3_invalid_response', { error: 'line feed' });
        if (text.length > MAX_HEAD_BYTES) throw new Fault('s3_invalid_response', { error: 'long head' });
        held = Buffer.from(bytes.subarray(from));
        return undefined;
      }
      const read = readResponseHead(text.slice(0, length), exchange?.method === 'HEAD');
      from += length + END_OF_HEAD.length;
      if (read.status >= 200) {
        head = read;
        return from;
      }
      // Any number of interim responses may precede the final one (RFC 9110, 15.2): together they may be as long as one head.
      interimBytes += length;
      if (interimBytes > MAX_HEAD_BYTES)
        throw new Fault('s3_invalid_response', { error: 'interim responses' });
    }
  };

  const readCounted = (bytes: Buffer, free: Free | undefined): Progress => {
    const piece = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= piece.length;
    const wantsMore =
      free !== undefined && bytes.length > COPIED_BYTES
        ? exchange?.data(piece, free)
        : exchange?.data(Buffer.from(piece));
    if (left > 0) return wantsMore === false ? 'pauses' : 'goes on';
    exchange?.end();
    return over(piece.length < bytes.length);
  };

  const readChunked = (body: ChunkedBody, bytes: Buffer): Progress => {
    let wantsMore = true as boolean;
    const copy = Buffer.from(bytes);
    const read = body.read(copy, (piece) => {
      wantsMore = exchange?.data(piece) !== false;
    });
    if (!body.hasEnded()) return wantsMore ? 'goes on' : 'pauses';
    exchange?.end();
    return over(read < copy.length);
  };

  const readStart = (bytes: Buffer): Progress => {
    const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    held = NOTHING;
    const start = readHead(all);
    if (start === undefined || head === undefined) return 'goes on';
    const { length } = head;
    if (length !== 'chunked' && all.length - start >= length) {
      const end = start + length;
      exchange?.head(
        head,
        length <= TEXT_BYTES ? all.toString('latin1', start, end) : Buffer.from(all.subarray(start, end)),
      );
      return over(all.length > end);
    }
    exchange?.head(head, undefined);
    const body = all.subarray(start);
    if (length === 'chunked') chunks = chunkedBody();
    else left = length;
    if (body.length === 0) return 'goes on';
    return chunks === undefined ? readCounted(body, undefined) : readChunked(chunks, body);
  };

  return {
    begin: (next) => {
      exchange = next;
      head = chunks = undefined;
      left = interimBytes = 0;
    },
    read: (bytes, free) => {
      if (head === undefined) return readStart(bytes);
      return chunks === undefined ? readCounted(bytes, free) : readChunked(chunks, bytes);
    },
    hasHead: () => head !== undefined,
    isLarge: () => left > COPIED_BYTES,
  };
}
