// Decompresses GZIP pages of a Parquet file. The browser's own decompression is asynchronous, but hyparquet needs the bytes at once.
import { gunzipSync } from 'fflate';
import { pageBuffer } from './page-size.ts';

/** @throws Error if the bytes are not a gzip member, or RangeError if the page is too large */
export const expandGzip = (bytes: Uint8Array, length: number): Uint8Array =>
  gunzipSync(bytes, { out: pageBuffer(length) });
