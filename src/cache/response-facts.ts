// Reads from S3's response what the cache may keep: the facts of the object version, and the headers that are only for one session.
import { headerOf } from '../http1/exchange.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import { STRONG_ETAG } from '../s3/if-range.ts';
import type { VersionFacts } from './object-version.ts';

/** The headers that belong to the version, so that every session gets the same values. */
const OF_VERSION = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-storage-class',
  'x-amz-version-id',
  'x-amz-website-redirect-location',
]);
const METADATA = 'x-amz-meta-';
const CHECKSUM = 'x-amz-checksum-';
/** The prefix of the headers that CloudFront adds to each response. */
const OF_CLOUDFRONT = 'x-amz-cf-';

/** The headers that the cache does not keep, because they belong to one response, or because callers never get them. */
const OF_RESPONSE = new Set([
  'x-amz-id-2',
  'x-amz-request-charged',
  'x-amz-request-id',
  'x-amz-security-token',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-bucket-arn',
  'x-amz-bucket-region',
]);

const ENCRYPTION = 'x-amz-server-side-encryption';
const CUSTOMER_KEY = 'x-amz-server-side-encryption-customer-algorithm';

export interface ResponseFacts {
  readonly facts: VersionFacts;
  /** Headers that depend on the session's rights or on the time, such as x-amz-tagging-count. */
  readonly own: readonly string[];
  readonly checksums: readonly string[];
  /** The bytes in the body: from the byte `from` to the byte before `to`. */
  readonly from: number;
  readonly to: number;
}

/** @returns undefined if the response must not be cached, or does not describe its bytes exactly */
export function responseFacts({ status, headers }: UpstreamResponse): ResponseFacts | undefined {
  const etag = headerOf(headers, 'etag');
  const length = Number(headerOf(headers, 'content-length') ?? Number.NaN);
  if (etag === undefined || !STRONG_ETAG.test(etag) || !Number.isSafeInteger(length)) return undefined;
  const place = status === 206 ? placeOf(headers) : { from: 0, to: length, size: length };
  if (place === undefined || place.to - place.from !== length || (status !== 200 && status !== 206))
    return undefined;
  const shared: string[] = [];
  const own: string[] = [];
  const checksums: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    const lower = name.toLowerCase();
    if (lower === CUSTOMER_KEY) return undefined;
    if (OF_VERSION.has(lower) || lower.startsWith(METADATA)) shared.push(name, value);
    else if (lower.startsWith(CHECKSUM)) checksums.push(name, value);
    else if (lower.startsWith('x-amz-') && !lower.startsWith(OF_CLOUDFRONT) && !OF_RESPONSE.has(lower))
      own.push(name, value);
  }
  const facts = {
    etag,
    lastModified: headerOf(headers, 'last-modified'),
    versionId: headerOf(headers, 'x-amz-version-id'),
    size: place.size,
    headers: shared,
    isKms: headerOf(headers, ENCRYPTION)?.startsWith('aws:kms') === true,
    isVolatile: own.length > 0,
  };
  return { facts, own, checksums, from: place.from, to: place.to };
}

const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/;

function placeOf(headers: readonly string[]): { from: number; to: number; size: number } | undefined {
  const [, first, last, total] = CONTENT_RANGE.exec(headerOf(headers, 'content-range') ?? '') ?? [];
  if (first === undefined) return undefined;
  const [from, to, size] = [Number(first), Number(last) + 1, Number(total)];
  return from < to && to <= size ? { from, to, size } : undefined;
}

/**
 * Whether a 304 response confirms the version. Compares more than the ETag, because metadata can change while the ETag stays
 * the same.
 */
export function confirmsVersion({ headers }: UpstreamResponse, version: VersionFacts): boolean {
  const pairs = [
    ['etag', version.etag],
    ['last-modified', version.lastModified],
    ['x-amz-version-id', version.versionId],
  ] as const;
  return pairs.every(([name, known]) => {
    const sent = headerOf(headers, name);
    return sent === undefined || sent === known;
  });
}
