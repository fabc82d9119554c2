// Which bytes a Range header or a part number asks for, as S3 reads them.
import { S3Error } from './s3-error.ts';

/** Both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Undefined: all of it, which is also S3's answer to several ranges and to nonsense. Throws InvalidRange where no byte
 * of the object is asked for.
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

/** Every object here was put in one piece, so that its one part is all of it. */
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
