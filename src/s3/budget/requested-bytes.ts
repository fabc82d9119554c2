// Computes how many bytes S3 can send in response to a read, from the request alone.
import type { ObjectRead } from '../operation.ts';

/** Matches a single range (RFC 9110, 14.1.2). S3 ignores ranges in any other form, and then sends the whole object. */
const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/;

/**
 * The maximum bytes of one entry in a list: a key of 1,024 bytes, each escaped with up to six characters (`&quot;`), and its
 * metadata.
 */
const LIST_ENTRY_BYTES = 8 * 1024;
const LIST_FRAME_BYTES = 64 * 1024;

/** The maximum number of entries that S3 returns (S3 API Reference, ListObjectsV2, MaxKeys). */
const MAX_KEYS = 1000;

/**
 * The maximum size of a document with an object's tags or attributes. The attributes can include 1,000 parts with their
 * checksums.
 */
const DOCUMENT_BYTES = 1024 * 1024;

/**
 * @param headers alternating names and values; the names are in lower case
 * @returns the size of the largest possible body of an object's response; Infinity if the range does not limit it
 */
export function maxObjectBytes(headers: readonly string[]): number {
  const [first, last] = rangeIn(headers) ?? ['', ''];
  if (last === '') return Infinity;
  if (first === '') return Number(last);
  const bytes = Number(last) - Number(first) + 1;
  return bytes > 0 ? bytes : Infinity;
}

/** Returns the size of the largest possible body of a read that is not an object: a list, tags or attributes. */
export function maxDocumentBytes({ kind, parameters }: ObjectRead): number {
  if (kind === 'object') return DOCUMENT_BYTES;
  const maxKeys = parameters.find(([name]) => name === 'max-keys')?.[1] ?? '';
  const keys = /^\d{1,4}$/.test(maxKeys) ? Math.min(Number(maxKeys), MAX_KEYS) : MAX_KEYS;
  return LIST_FRAME_BYTES + keys * LIST_ENTRY_BYTES;
}

/**
 * Replaces the range with one for the first requested byte, for reads that should only return S3's error.
 * @param headers alternating names and values; the names are in lower case
 */
export function firstByteOnly(headers: readonly string[]): readonly string[] {
  const [first = '', last = ''] = rangeIn(headers) ?? [];
  const range = first === '' && last !== '' ? `-${Math.min(Number(last), 1)}` : `${first || 0}-${first || 0}`;
  return [...withoutHeaders(headers, ['range']), 'range', `bytes=${range}`];
}

/** @param names the names to omit, in lower case */
export function withoutHeaders(headers: readonly string[], names: readonly string[]): string[] {
  return headers.filter((_, i) => !names.includes(headers[i - (i % 2)] ?? ''));
}

/** @returns the first and last byte as written, '' if omitted; undefined if S3 might not apply the range */
function rangeIn(headers: readonly string[]): readonly [first: string, last: string] | undefined {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name === 'range');
  const isRepeated = headers.some((name, i) => i > at && i % 2 === 0 && name === 'range');
  const [, first, last] = (at === -1 || isRepeated ? null : SINGLE_RANGE.exec(headers[at + 1] ?? '')) ?? [];
  return first === undefined || last === undefined ? undefined : [first, last];
}
