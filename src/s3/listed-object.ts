// Builds a listed object from the text of its XML elements.
import { Fault } from '../errors/fault.ts';

export interface ListedObject {
  readonly key: string;
  /** The size in bytes. */
  readonly size: number;
  /** The time in RFC 3339 format. */
  readonly lastModified: string;
  readonly etag: string;
  readonly storageClass: string;
}

/** An object whose elements are still being read. */
export type Draft = { -readonly [Name in keyof ListedObject]: ListedObject[Name] };

export const emptyObject = (): Draft => ({
  key: '',
  size: 0,
  lastModified: '',
  etag: '',
  storageClass: 'STANDARD',
});

/**
 * Sets the field that corresponds to an element in S3's XML; ignores unknown elements.
 * @throws Fault s3_invalid_response if the text is invalid for the field
 */
export function setField(draft: Draft, name: string, value: string): void {
  if (name === 'Key') draft.key = value;
  else if (name === 'Size') draft.size = sizeOf(value);
  else if (name === 'LastModified') draft.lastModified = timeOf(value);
  else if (name === 'ETag') draft.etag = value;
  else if (name === 'StorageClass') draft.storageClass = value;
}

const invalid = (what: string): Fault => new Fault('s3_invalid_response', { error: what });

function sizeOf(text: string): number {
  const size = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(size)) throw invalid('an invalid size');
  return size;
}

/** Keeps a time in S3's format, and converts a time in any other format. */
function timeOf(text: string): string {
  if (text === '' || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return text;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw invalid('an invalid time');
  return time.toISOString();
}
