// Limits what one page of a Parquet file may expand to: a few KiB of compressed data can claim to contain gigabytes.

/** Writers use pages of about 1 MiB. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

/** @throws RangeError if the page is too large */
export function pageBuffer(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes > MAX_PAGE_BYTES) throw new RangeError('The page is too large.');
  return new Uint8Array(bytes);
}
