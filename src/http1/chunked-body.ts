// Decodes the chunked transfer coding (RFC 9112, 7.1) as its bytes arrive.
import { invalidResponse } from './http-error.ts';

export interface ChunkedBody {
  /**
   * @param give called with each piece of the body, which is a slice of `bytes`
   * @returns the number of bytes that belong to the body; less than `bytes.length` if the body ends within `bytes`
   * @throws HttpError invalid_response
   */
  read(bytes: Buffer, give: (piece: Buffer) => void): number;
  hasEnded(): boolean;
}

/** The maximum length of a chunk-size line, including its extensions (which are ignored), and of all trailers together. */
const MAX_LINE = 4096;

/** Matches a chunk size with optional extensions. */
const SIZE = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/;

/**
 * Matches a valid trailer. Trailers are ignored, but an invalid trailer is rejected, because two parsers could interpret it
 * differently.
 */
const TRAILER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

export function chunkedBody(): ChunkedBody {
  let state: 'size' | 'data' | 'data end' | 'trailer' | 'ended' = 'size';
  let line = '';
  let remaining = 0;
  let trailers = 0;

  const endLine = (): void => {
    if (!line.endsWith('\r')) throw invalidResponse('chunked coding');
    const text = line.slice(0, -1);
    line = '';
    if (state === 'trailer') {
      trailers += text.length;
      if (trailers > MAX_LINE) throw invalidResponse('trailers');
      if (text === '') state = 'ended';
      else if (!TRAILER.test(text)) throw invalidResponse('trailer');
    } else if (state === 'data end') {
      if (text !== '') throw invalidResponse('chunked coding');
      state = 'size';
    } else {
      const [, size] = SIZE.exec(text) ?? [];
      if (size === undefined) throw invalidResponse('chunked coding');
      remaining = Number.parseInt(size, 16);
      state = remaining === 0 ? 'trailer' : 'data';
    }
  };

  return {
    read: (bytes, give) => {
      let at = 0;
      while (at < bytes.length && state !== 'ended') {
        if (state === 'data') {
          const end = Math.min(bytes.length, at + remaining);
          give(bytes.subarray(at, end));
          remaining -= end - at;
          at = end;
          if (remaining === 0) state = 'data end';
          continue;
        }
        const feed = bytes.indexOf(0x0a, at);
        const end = feed === -1 ? bytes.length : feed;
        line += bytes.toString('latin1', at, end);
        if (line.length > MAX_LINE) throw invalidResponse('chunked coding');
        at = feed === -1 ? end : end + 1;
        if (feed !== -1) endLine();
      }
      return at;
    },
    hasEnded: () => state === 'ended',
  };
}
