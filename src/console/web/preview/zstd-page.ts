// Decompresses ZSTD pages of a Parquet file without WebAssembly, which the page's policy forbids.
import { decompress } from 'fzstd';
import { pageBuffer } from './page-size.ts';

/** @throws Error if the bytes are not ZSTD data, or RangeError if the page is too large */
export const expandZstd = (bytes: Uint8Array, length: number): Uint8Array =>
  // Without a buffer, fzstd would allocate what the data claims to contain.
  decompress(bytes, pageBuffer(length));
