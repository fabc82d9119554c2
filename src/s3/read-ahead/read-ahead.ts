// Reads large objects over several connections: requests the next parts while the caller receives the current one.
import type { Bucket } from '../../config/types.ts';
import { Fault } from '../../errors/fault.ts';
import { extentOf, isPartNumber, isRange, isSameVersion } from '../extent.ts';
import type { ObjectRead } from '../operation.ts';
import { isS3Error } from '../read.ts';
import type { Read, ReadOptions } from '../read.ts';
import type { BlockPool } from './block-pool.ts';
import { joinedBody } from './joined-body.ts';
import type { Fallback } from './part-queue.ts';
import type { FetchRange } from './part.ts';
import { READ_AHEAD_SIZES } from './sizes.ts';
import type { ReadAheadSizes } from './sizes.ts';

export interface ReadAheadMetrics {
  readAheadPart(): void;
  /** @param reason why the response continued on one connection */
  readAheadFallback(reason: Fallback | 'ranges_ignored'): void;
  /** Records the end of a response for which parts were requested. */
  readAheadEnded(result: { readonly windowBytes: number; readonly discardedBytes: number }): void;
}

/**
 * The first request is sent unchanged, so status and headers are S3's own. Parts are requested with the same `read`, so each is
 * retried and resumed on its own, with the session's current credentials.
 * @param options.connections the maximum number of connections for one response, at least 2
 * @param options.pool the memory for parts
 */
export function withReadAhead(
  read: Read,
  options: {
    readonly connections: number;
    readonly pool: BlockPool;
    readonly metrics: ReadAheadMetrics;
    readonly sizes?: ReadAheadSizes;
  },
): Read {
  const { connections, pool, metrics, sizes = READ_AHEAD_SIZES } = options;
  const ignoringRanges = new WeakSet<Bucket>();
  return (bucket, operation, session, readOptions) => {
    const reading = read(bucket, operation, session, readOptions);
    if (!mayReadAhead(operation, readOptions) || ignoringRanges.has(bucket)) return reading;
    return reading.then((first) => {
      if (isS3Error(first) || first.whole !== undefined || first.status > 206) return first;
      const extent = extentOf(first, operation);
      if (extent === undefined || extent.last - extent.first + 1 < sizes.leastBytes) return first;
      // Requests no parts, because this S3 server ignores ranges.
      if (first.status === 200 && hasRange(readOptions)) return first;
      const fetchRange: FetchRange = async (from, last, cancellation) => {
        // Omits the caller's conditions, because S3 has already evaluated them for the first response.
        const headers = ['range', `bytes=${from}-${last}`, 'if-match', extent.etag];
        const part = await read(bucket, operation, session, { ...readOptions, headers, cancellation });
        if (isS3Error(part)) {
          if (part.status === 412) throw new Fault('object_changed');
          throw new Error(`S3 responded to a part with ${part.status}`);
        }
        const isSame = isSameVersion(first.headers, part.headers);
        if (isSame && isRange(part, { ...extent, first: from, last })) return part;
        part.abort();
        if (part.status === 206 && !isSame) throw new Fault('object_changed');
        if (part.status === 200) {
          if (!ignoringRanges.has(bucket)) metrics.readAheadFallback('ranges_ignored');
          ignoringRanges.add(bucket);
        }
        throw new Error('S3 responded to a part with a different range');
      };
      const fallbacks = new Set<Fallback>();
      return joinedBody(first, extent, {
        connections,
        pool,
        sizes,
        fetchRange,
        cancellation: readOptions.cancellation,
        events: {
          onPartRequested: metrics.readAheadPart,
          onPartUsed: () => {
            if (readOptions.counters !== undefined) readOptions.counters.parts += 1;
          },
          onFallback: (reason) => {
            if (!fallbacks.has(reason) && !ignoringRanges.has(bucket)) metrics.readAheadFallback(reason);
            fallbacks.add(reason);
          },
          onEnd: ({ largestWindow, discardedBytes }) => {
            const windowBytes = largestWindow * sizes.partBytes;
            if (windowBytes > 0) metrics.readAheadEnded({ windowBytes, discardedBytes });
          },
        },
      });
    });
  };
}

/**
 * Whether parts may be requested ahead. False for SSE-C, because a caller's key is used only for the request that contained it.
 */
function mayReadAhead({ name, parameters }: ObjectRead, { amzHeaders }: ReadOptions): boolean {
  return (
    name === 'GetObject' &&
    (parameters.length === 0 || !parameters.some(isPartNumber)) &&
    !amzHeaders.some(([header]) => header.startsWith('x-amz-server-side-encryption-customer-'))
  );
}

function hasRange({ headers }: ReadOptions): boolean {
  return headers.some((header, i) => i % 2 === 0 && header === 'range');
}
