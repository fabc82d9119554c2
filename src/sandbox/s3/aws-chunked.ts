// Decodes `aws-chunked`, the encoding in which AWS SDKs send uploads: signed chunks, followed by trailers. Does not verify the
// signatures.
import { S3Error } from './s3-error.ts';

export interface DecodedBody {
  readonly body: AsyncIterable<Buffer>;
  /** Trailer fields by lower-case name; complete only after the whole body has been read. */
  readonly trailers: Map<string, string>;
}

const incomplete = () => new S3Error('IncompleteBody');
const MAX_LINE_BYTES = 8_192;

/** Reads lines or blocks of bytes from a stream. */
function createReader(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async () => {
    const next = await chunks.next();
    if (next.done) throw incomplete();
    held = held.length > 0 ? Buffer.concat([held, next.value]) : next.value;
  };
  return {
    /** Returns the next line without its CRLF. */
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
    /** Returns at least 1 byte and at most `most` bytes. */
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
