// The decompressors for the pages of a Parquet file. All but Snappy's are loaded only if the file needs them.
import { snappyUncompress } from 'hyparquet';
import type { ColumnMetaData, Compressors } from 'hyparquet';
import { pageBuffer } from './page-size.ts';

/** @returns the decompressors for those of the codecs that the console supports */
export async function decompressorsFor(codecs: ReadonlySet<ColumnMetaData['codec']>): Promise<Compressors> {
  return {
    SNAPPY: expandSnappy,
    ...(codecs.has('ZSTD') ? { ZSTD: (await import('./zstd-page.ts')).expandZstd } : {}),
    ...(codecs.has('GZIP') ? { GZIP: (await import('./gzip-page.ts')).expandGzip } : {}),
  };
}

/** hyparquet would use the same function, but without a limit. */
function expandSnappy(bytes: Uint8Array, length: number): Uint8Array {
  const page = pageBuffer(length);
  snappyUncompress(bytes, page);
  return page;
}
