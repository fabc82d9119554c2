// Takes the chunked transfer coding off a body (RFC 9112, 7.1) as its bytes come.
import { Fault } from '../errors/fault.ts';

export interface ChunkedBody {
  /**
   * @param give called with each piece of the body, which is part of `bytes`
   * @returns how many bytes were the body's: fewer than were given where it has ended
   * @throws Fault s3_invalid_response
   */
  read(bytes: Buffer, give: (piece: Buffer) => void): number;
  hasEnded(): boolean;
}

/** Of a line: a size, and extensions that nobody uses; of all trailers together. */
const MAX_LINE = 4096;

/** A chunk's size, and extensions. */
const SIZE = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/;

/** Trailers are ignored, but a line that two readers could read differently is rejected, as in a head. */
const TRAILER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

export function chunkedBody(): ChunkedBody {
  let state: 'size' | 'data' | 'data end' | 'trailer' | 'ended' = 'size';
  let line = '';
  let left = 0;
  let trailers = 0;

  /** @returns whether the line that ends here is the body's last */
  const endLine = (): void => {
    if (!line.endsWith('\r')) throw new Fault('s3_invalid_response', { error: 'chunked coding' });
    const text = line.slice(0, -1);
    line = '';
    if (state === 'trailer') {
      trailers += text.length;
      if (trailers > MAX_LINE) throw new Fault('s3_invalid_response', { error: 'trailers' });
      if (text === '') state = 'ended';
      else if (!TRAILER.test(text)) throw new Fault('s3_invalid_response', { error: 'trailer' });
    } else if (state === 'data end') {
      if (text !== '') throw new Fault('s3_invalid_response', { error: 'chunked coding' });
      state = 'size';
    } else {
      const [, size] = SIZE.exec(text) ?? [];
      if (size === undefined) throw new Fault('s3_invalid_response', { error: 'chunked coding' });
      left = Number.parseInt(size, 16);
      state = left === 0 ? 'trailer' : 'data';
    }
  };

  return {
    read: (bytes, give) => {
      let at = 0;
      while (at < bytes.length && state !== 'ended') {
        if (state === 'data') {
          const end = Math.min(bytes.length, at + left);
          give(bytes.subarray(at, end));
          left -= end - at;
          at = end;
          if (left === 0) state = 'data end';
          continue;
        }
        const feed = bytes.indexOf(0x0a, at);
        const end = feed === -1 ? bytes.length : feed;
        line += bytes.toString('latin1', at, end);
        if (line.length > MAX_LINE) throw new Fault('s3_invalid_response', { error: 'chunked coding' });
        at = feed === -1 ? end : end + 1;
        if (feed !== -1) endLine();
      }
      return at;
    },
    hasEnded: () => state === 'ended',
  };
}
