// Compares a whole object with the checksum that S3 keeps of it, on its way: the end is held back until both agree.
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

/** A sum of all chunks so far. */
interface Running {
  add(chunk: Buffer): void;
  /** Big-endian, in Base64, as S3 tells it. */
  digest(): string;
}

/** What S3 is asked with to tell the checksums that it has (S3 API Reference, GetObject). */
const MODE = 'x-amz-checksum-mode';

/** A read that fails the sink with Fault checksum_mismatch, before the last bytes, where its bucket's checksums are verified. */
export function withChecksums(read: Read): Read {
  const running = runningSums();
  return (bucket, operation, session, options) => {
    if (!bucket.verifyChecksums || !isOfTheWhole(operation, options))
      return read(bucket, operation, session, options);
    return read(bucket, operation, session, asking(options)).then((outcome) => {
      if (isS3Error(outcome) || outcome.status !== 200) return outcome;
      const type = headerOf(outcome.headers, 'x-amz-checksum-type') ?? 'FULL_OBJECT';
      if (type !== 'FULL_OBJECT') return outcome;
      for (const [algorithm, begin] of running) {
        const expected = headerOf(outcome.headers, `x-amz-checksum-${algorithm}`);
        // `-N` is of N parts' checksums, not of their bytes.
        if (expected !== undefined && !expected.includes('-'))
          return verified(outcome, { algorithm, expected }, begin());
      }
      return outcome;
    });
  };
}

function isOfTheWhole({ name, parameters }: ObjectRead, { headers }: ReadOptions): boolean {
  return (
    name === 'GetObject' &&
    !headers.some((header, i) => i % 2 === 0 && header === 'range') &&
    !parameters.some(([parameter]) => parameter === 'partNumber')
  );
}

function asking(options: ReadOptions): ReadOptions {
  const others = options.amzHeaders.filter(([name]) => name !== MODE);
  return { ...options, amzHeaders: [[MODE, 'ENABLED'], ...others] };
}

function verified(
  answer: UpstreamResponse,
  { algorithm, expected }: { readonly algorithm: string; readonly expected: string },
  sum: Running,
): UpstreamResponse {
  const checking = (sink: Sink): Sink => {
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
    status: answer.status,
    headers: answer.headers,
    pipe: (sink) => {
      answer.pipe(checking(sink));
    },
    resume: answer.resume,
    abort: answer.abort,
  };
}

/** By the algorithms' names in S3's headers, cheapest first. */
function runningSums(): ReadonlyMap<string, () => Running> {
  // Their tables are made where an object needs them.
  let crc32c: ReturnType<typeof createCrc32c> | undefined;
  let crc64: ReturnType<typeof createCrc64Nvme> | undefined;
  return new Map([
    ['crc32', () => of32((chunk, before) => crc32(chunk, before))],
    ['sha256', sha256],
    ['crc32c', () => of32((crc32c ??= createCrc32c()))],
    ['crc64nvme', () => of64((crc64 ??= createCrc64Nvme()))],
  ]);
}

function of32(next: (chunk: Buffer, before: number) => number): Running {
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

function of64(next: (chunk: Buffer, before: bigint) => bigint): Running {
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

function sha256(): Running {
  const sum = createHash('sha256');
  return {
    add: (chunk) => {
      sum.update(chunk);
    },
    digest: () => sum.digest('base64'),
  };
}
