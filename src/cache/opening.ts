// A request to S3 that will show an object's version, and that other requests for the same bytes can wait for.
import type { Cancellation, AbortableCancellation } from '../runtime/cancellation.ts';
import { createCancellation } from '../runtime/cancellation.ts';
import type { Blocks } from './blocks.ts';
import type { ObjectVersion } from './object-version.ts';
import { extentOf } from './wanted-read.ts';
import type { WantedRange, WantedRead } from './wanted-read.ts';

export interface Opening {
  /** Whether the response will contain the first bytes of this range. */
  covers(range: WantedRange | undefined): boolean;
  /** Resolves when the version is known, or the request has failed. */
  readonly settled: Promise<unknown>;
  settle(): void;
  /** Detaches the response from the caller's cancellation, because other requests may wait for the response's bytes. */
  release(): void;
  /** Cancels the request to S3 and its response. */
  readonly cancellation: AbortableCancellation;
}

/**
 * Until the version is known, a caller that disconnects ends the request. The requests that were waiting for it then send their
 * own requests.
 * @param range the caller's range
 * @param caller the caller's cancellation
 */
export function createOpening(blocks: Blocks, range: WantedRange | undefined, caller: Cancellation): Opening {
  const { promise: settled, resolve } = Promise.withResolvers<undefined>();
  const cancellation = createCancellation();
  const abort = (): void => {
    cancellation.abort();
  };
  if (caller.aborted) abort();
  else caller.add(abort);
  return {
    covers: (other) => startOf(blocks, other) === startOf(blocks, range),
    settled,
    settle: () => {
      resolve(undefined);
    },
    release: () => {
      caller.remove(abort);
    },
    cancellation,
  };
}

/**
 * Returns a number that is equal for ranges that begin in the same block. Different suffixes get different numbers, because the
 * object's size is unknown.
 */
const startOf = (blocks: Blocks, range: WantedRange | undefined): number =>
  range === undefined ? 0 : 'suffix' in range ? -range.suffix : blocks.indexAt(range.first);

/** The bytes to request from S3, so that the response consists of whole blocks. */
export interface Fetched {
  /** The value of the Range header; undefined for the whole object. */
  readonly range: string | undefined;
  /** The bytes that the response must contain if the object has this size. */
  extentIn(size: number): { readonly from: number; readonly to: number };
}

/**
 * Widens the caller's range to whole blocks.
 * @param known the version that the object probably has. Only the blocks up to the next block in memory are then requested.
 */
export function fetchedRange(
  blocks: Blocks,
  { range }: Pick<WantedRead, 'range'>,
  known?: ObjectVersion,
): Fetched {
  const { blockBytes, indexAt } = blocks;
  const extent = known && extentOf(range, known.size);
  if (known !== undefined && extent !== undefined && extent.to > extent.from) {
    const first = indexAt(extent.from);
    const last = indexAt(extent.to - 1);
    let end = first + 1;
    while (end <= last && blocks.find(known, end) === undefined) end += 1;
    // The whole object is requested without a range, so that S3 sends its checksums.
    if (range !== undefined || end <= last) return bounded(first * blockBytes, end * blockBytes);
  }
  if (range === undefined) return { range: undefined, extentIn: (size) => ({ from: 0, to: size }) };
  if (!('suffix' in range)) {
    const from = indexAt(range.first) * blockBytes;
    return bounded(from, range.last === Infinity ? Infinity : (indexAt(range.last) + 1) * blockBytes);
  }
  // Requests one more block, because the first byte may be anywhere in its block.
  const suffix = (Math.ceil(range.suffix / blockBytes) + 1) * blockBytes;
  return {
    range: `bytes=-${suffix}`,
    extentIn: (size) => ({ from: Math.max(0, size - suffix), to: size }),
  };
}

function bounded(from: number, to: number): Fetched {
  return {
    range: `bytes=${from}-${to === Infinity ? '' : to - 1}`,
    extentIn: (size) => ({ from, to: Math.min(to, size) }),
  };
}
