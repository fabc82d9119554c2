// Decodes `aws-chunked`, the framing in which SDKs upload: chunks, their signatures (not checked), trailers.
import { S3Error } from './s3-error.ts';

export interface DecodedBody {
  readonly body: AsyncIterable<Buffer>;
  /** Trailing headers, by lower-case name; filled when the body has been read. */
  readonly trailers: Map<string, string>;
}

const incomplete = () => new S3Error('IncompleteBody');
const MAX_LINE_BYTES = 8_192;

/** Reads a stream by lines and by counts. */
function createReader(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async () => {
    const next = await chunks.next();
    if (next.done) throw incomplete();
    held = held.length > 0 ? Buffer.concat([held, next.value]) : next.value;
  };
  return {
    /** A line without its CRLF. */
    async line(): Promise<string> {
      let end = held.indexOf('\r\n');
      while (end < 0) {
        if (held.length > MAX_LINE_BYTES) throw incomplete();
        await more();
        end = held.indexOf('\r\n');
      }
      const text = held.toString('latin1', 0, end);
      held = held.subarray(end + 2);
      return text;
    },
    /** Up to `most` bytes, at least one. */
    async some(most: number): Promise<Buffer> {
      if (held.length === 0) await more();
      const piece = held.subarray(0, most);
      held = held.subarray(piece.length);
      return piece;
    },
  };
}

export function decodeAwsChunked(source: AsyncIterable<Buffer>): DecodedBody {
  const trailers = new Map<string, string>();
  async function* body(): AsyncGenerator<Buffer> {
    const reader = createReader(source);
    for (;;) {
      const [size = ''] = (await reader.line()).split(';');
      if (!/^[0-9a-f]+$/i.test(size)) throw incomplete();
      let left = parseInt(size, 16);
      if (left === 0) break;
      while (left > 0) {
        const piece = await reader.some(left);
        left -= piece.length;
        yield piece;
      }
      await reader.line();
    }
    for (;;) {
      const line = await reader.line();
      if (line === '') return;
      const [name = '', value = ''] = line.split(/:(.*)/s);
      trailers.set(name.trim().toLowerCase(), value.trim());
    }
  }
  return { body: body(), trailers };
}
