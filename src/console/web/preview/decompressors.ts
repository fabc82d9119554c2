// The decompressors for the pages of a Parquet file, loaded only if the file needs them. hyparquet itself decompresses Snappy.
import type { ColumnMetaData, Compressors } from 'hyparquet';

/** @returns the decompressors for those of the codecs that the console supports besides Snappy */
export async function decompressorsFor(codecs: ReadonlySet<ColumnMetaData['codec']>): Promise<Compressors> {
  return {
    ...(codecs.has('ZSTD') ? { ZSTD: (await import('./zstd-page.ts')).expandZstd } : {}),
    ...(codecs.has('GZIP') ? { GZIP: (await import('./gzip-page.ts')).expandGzip } : {}),
  };
}
