// The object that is previewed, and its first bytes, decompressed if it is a gzip file.
import { readRange } from '../api.ts';

export interface Source {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  /** The size in bytes, as stored in S3. */
  readonly size: number;
  readonly isGzip: boolean;
}

export interface Sample {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the sample is the whole object. */
  readonly isWhole: boolean;
}

/** The maximum number of stored bytes from which text is previewed. */
const SAMPLE_BYTES = 256 * 1024;

/** The maximum size of a decompressed sample. A gzip file of 256 KiB can contain 256 MiB. */
const MAX_EXPANDED_BYTES = 1024 * 1024;

/** @param limit the maximum number of stored bytes to read */
export async function readSample(source: Source, signal: AbortSignal, limit = SAMPLE_BYTES): Promise<Sample> {
  const { etag, size, isGzip } = source;
  const end = Math.min(size, limit);
  const bytes = await readRange(source, { start: 0, end, etag, signal });
  const isWhole = end === size;
  if (!isGzip || bytes.length === 0) return { bytes, isWhole };
  return expand(bytes, { isWhole, maxBytes: Math.max(MAX_EXPANDED_BYTES, limit) });
}

/** @throws Error if the bytes do not belong to a gzip file */
async function expand(
  bytes: Uint8Array<ArrayBuffer>,
  { isWhole, maxBytes }: { readonly isWhole: boolean; readonly maxBytes: number },
): Promise<Sample> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  let isComplete = false;
  try {
    while (length < maxBytes) {
      const { done, value } = await reader.read();
      if (done) {
        isComplete = true;
        break;
      }
      chunks.push(value);
      length += value.length;
    }
  } catch {
    // Ignores the error at the end of a truncated file, because the beginning of the file can still be shown.
    if (isWhole || length === 0) throw NOT_GZIP;
  }
  await reader.cancel().catch(() => undefined);
  const expanded = new Uint8Array(await new Blob(chunks).arrayBuffer());
  return { bytes: expanded.subarray(0, maxBytes), isWhole: isWhole && isComplete };
}

const NOT_GZIP = new Error(
  'The object has the name or the encoding of a gzip file, but its content is not valid gzip.',
);

/** @returns undefined if the bytes are not text */
export function textOf({ bytes, isWhole }: Sample): string | undefined {
  if (bytes.includes(0)) return undefined;
  return new TextDecoder().decode(bytes, { stream: !isWhole });
}
