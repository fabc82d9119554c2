// Parses a Range header or a part number into a byte range, as S3 does.
import { S3Error } from './s3-error.ts';

/** A range of bytes in which `start` and `end` are inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the requested range; undefined for the whole object. Like S3, ignores an invalid header and a header with more than one
 * range. Throws InvalidRange if the range contains no byte of the object.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, from = '', to = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (start >= size || (from === '' && Number(to) === 0)) {
    throw new S3Error('InvalidRange', {
      elements: { RangeRequested: header, ActualObjectSize: size },
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  return { start, end };
}

/** Returns the range of a part. Every object has only one part, because the sandbox does not support multipart uploads. */
export function partOf(partNumber: string, size: number): ByteRange | undefined {
  const part = Number(partNumber);
  if (!Number.isInteger(part) || part < 1 || part > 10_000) {
    throw new S3Error('InvalidArgument', {
      message: 'Part number must be an integer between 1 and 10000, inclusive',
    });
  }
  if (part > 1)
    throw new S3Error('InvalidPartNumber', { elements: { PartNumberRequested: part, ActualPartCount: 1 } });
  return size > 0 ? { start: 0, end: size - 1 } : undefined;
}
