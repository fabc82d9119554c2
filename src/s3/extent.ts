// Describes which bytes of which object version a response contains, and whether another response continues it.
import { headerOf } from '../http1/exchange.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import { STRONG_ETAG } from './if-range.ts';
import type { ObjectRead } from './operation.ts';

/** The byte range in a response, and the object's size and ETag. */
export interface Extent {
  readonly first: number;
  readonly last: number;
  readonly total: number;
  readonly etag: string;
}

/** @returns undefined if the ETag, the length or the range is missing or unusable */
export function extentOf(
  { status, headers }: UpstreamResponse,
  { parameters }: ObjectRead,
): Extent | undefined {
  const etag = headerOf(headers, 'etag');
  const length = Number(headerOf(headers, 'content-length') ?? Number.NaN);
  if (etag === undefined || !STRONG_ETAG.test(etag) || !Number.isSafeInteger(length)) return undefined;
  if (status === 200 && !parameters.some(isPartNumber))
    return { first: 0, last: length - 1, total: length, etag };
  const [, first, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headerOf(headers, 'content-range') ?? '') ?? [];
  const extent = { first: Number(first), last: Number(last), total: Number(total), etag };
  return extent.last - extent.first + 1 === length ? extent : undefined;
}

export const isPartNumber = ([name]: readonly [name: string, value: string]): boolean =>
  name === 'partNumber';

/** Whether the response contains exactly the range from `first` to `last`. */
export function isRange(
  { status, headers }: UpstreamResponse,
  { first, last, total }: Pick<Extent, 'first' | 'last' | 'total'>,
): boolean {
  return (
    status === 206 &&
    headerOf(headers, 'content-range') === `bytes ${first}-${last}/${total}` &&
    headerOf(headers, 'content-length') === String(last - first + 1)
  );
}

/**
 * Whether two responses contain bytes of the same object version. The ETag is not enough, because some S3 servers use one ETag
 * for several versions. A header that only one response contains is ignored, because some servers omit headers from range
 * responses. However, if the remaining bytes are encoded, the first bytes must have the same encoding. Encryption and storage
 * class are not compared, because they may change within a version.
 */
export function isSameVersion(beginning: readonly string[], rest: readonly string[]): boolean {
  if (headerOf(beginning, 'etag') !== headerOf(rest, 'etag')) return false;
  const encoding = headerOf(rest, 'content-encoding');
  if (encoding !== undefined && encoding !== headerOf(beginning, 'content-encoding')) return false;
  return ['x-amz-version-id', 'last-modified'].every((name) => {
    const [before, now] = [headerOf(beginning, name), headerOf(rest, name)];
    return before === undefined || now === undefined || before === now;
  });
}
