// Verifies a complete object against S3's stored checksum while it streams, and holds back the last bytes until the checksum
// matches.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Fault } from '../errors/fault.ts';
import { createCrc32c, createCrc64Nvme } from './crc.ts';
import type { ObjectRead } from './operation.ts';
import { isS3Error } from './read.ts';
import type { Read, ReadOptions } from './read.ts';
import { headerOf } from '../http1/exchange.ts';
import type { Free } from '../http1/read-buffers.ts';
import type { Sink, UpstreamResponse } from '../http1/exchange.ts';

/** The checksum of all chunks so far. */
interface RunningChecksum {
  add(chunk: Buffer): void;
  /** Returns the checksum in S3's format: big-endian bytes in Base64. */
  digest(): string;
}

/** The header that makes S3 return the stored checksums (S3 API Reference, GetObject). */
const MODE = 'x-amz-checksum-mode';

/**
 * If `verifyChecksums` is set for the bucket, a checksum mismatch makes the sink fail with Fault checksum_mismatch before the
 * last bytes are sent.
 */
export function withChecksums(read: Read): Read {
  const algorithms = checksumAlgorithms();
  return (bucket, operation, session, options) => {
    if (!bucket.verifyChecksums || !isWholeObject(operation, options))
      return read(bucket, operation, session, options);
    return read(bucket, operation, session, withChecksumMode(options)).then((outcome) => {
      if (isS3Error(outcome) || outcome.status !== 200) return outcome;
      const type = headerOf(outcome.headers, 'x-amz-checksum-type') ?? 'FULL_OBJECT';
      if (type !== 'FULL_OBJECT') return outcome;
      for (const [algorithm, begin] of algorithms) {
        const expected = headerOf(outcome.headers, `x-amz-checksum-${algorithm}`);
        // Skips a checksum that ends with `-N`, because it was computed from N parts' checksums instead of the object's bytes.
        if (expected !== undefined && !expected.includes('-'))
          return verifiedResponse(outcome, { algorithm, expected }, begin());
      }
      return outcome;
    });
  };
}

function isWholeObject({ name, parameters }: ObjectRead, { headers }: ReadOptions): boolean {
  return (
    name === 'GetObject' &&
    !headers.some((header, i) => i % 2 === 0 && header === 'range') &&
    !parameters.some(([parameter]) => parameter === 'partNumber')
  );
}

function withChecksumMode(options: ReadOptions): ReadOptions {
  const others = options.amzHeaders.filter(([name]) => name !== MODE);
  return { ...options, amzHeaders: [[MODE, 'ENABLED'], ...others] };
}

function verifiedResponse(
  response: UpstreamResponse,
  { algorithm, expected }: { readonly algorithm: string; readonly expected: string },
  sum: RunningChecksum,
): UpstreamResponse {
  const verifyingSink = (sink: Sink): Sink => {
    let last: Buffer | undefined;
    let freeLast: Free | undefined;
    return {
      write: (chunk, free) => {
        sum.add(chunk);
        const [before, freeBefore] = [last, freeLast];
        [last, freeLast] = [chunk, free];
        return before === undefined || sink.write(before, freeBefore);
      },
      end: () => {
        if (sum.digest() !== expected) {
          sink.fail(new Fault('checksum_mismatch', { algorithm }));
          return;
        }
        if (last !== undefined) sink.write(last, freeLast);
        sink.end();
      },
      fail: sink.fail,
    };
  };
  return {
    status: response.status,
    headers: response.headers,
    pipe: (sink) => {
      response.pipe(verifyingSink(sink));
    },
    resume: response.resume,
    abort: response.abort,
  };
}

/** Maps each algorithm's name in S3's headers to a function that starts a checksum. The fastest algorithm comes first. */
function checksumAlgorithms(): ReadonlyMap<string, () => RunningChecksum> {
  // The tables for a CRC are created on first use.
  let crc32c: ReturnType<typeof createCrc32c> | undefined;
  let crc64: ReturnType<typeof createCrc64Nvme> | undefined;
  return new Map([
    ['crc32', () => crc32Checksum((chunk, before) => crc32(chunk, before))],
    ['sha256', sha256],
    ['crc32c', () => crc32Checksum((crc32c ??= createCrc32c()))],
    ['crc64nvme', () => crc64Checksum((crc64 ??= createCrc64Nvme()))],
  ]);
}

function crc32Checksum(next: (chunk: Buffer, before: number) => number): RunningChecksum {
  let sum = 0;
  return {
    add: (chunk) => {
      sum = next(chunk, sum);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sum);
      return bytes.toString('base64');
    },
  };
}

function crc64Checksum(next: (chunk: Buffer, before: bigint) => bigint): RunningChecksum {
  let sum = 0n;
  return {
    add: (chunk) => {
      sum = next(chunk, sum);
    },
    digest: () => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(sum);
      return bytes.toString('base64');
    },
  };
}

function sha256(): RunningChecksum {
  const sum = createHash('sha256');
  return {
    add: (chunk) => {
      sum.update(chunk);
    },
    digest: () => sum.digest('base64'),
  };
}
