// Parquet files for the tests: a small one, and one of any size, of which the disk stores only the parts with data.
import { open } from 'node:fs/promises';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter, parquetWriteBuffer, schemaFromColumnData } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';

const ROWS = 1000;

/** Compressors of Node's own, which share no code with the console's decompressors. The writer itself has Snappy. */
const COMPRESSORS = {
  BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes),
  GZIP: (bytes: Uint8Array) => gzipSync(bytes),
  ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes),
};

type Codec = keyof typeof COMPRESSORS | 'SNAPPY';

/** Text, integers beyond 2⁵³, floats, times, and a column with missing values. */
function smallColumns(): ColumnSource[] {
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  return [
    { name: 'id', data: rows.map((row) => 9_007_199_254_740_993n + BigInt(row)), type: 'INT64' },
    {
      name: 'city',
      data: rows.map((row) => ['Oslo', 'Lima', '<b>Pune</b>'][row % 3] ?? ''),
      type: 'STRING',
    },
    { name: 'price', data: rows.map((row) => row / 8), type: 'DOUBLE' },
    { name: 'sold', data: rows.map((row) => new Date(1_780_000_000_000 + row * 1000)), type: 'TIMESTAMP' },
    {
      name: 'note',
      data: rows.map((row) => (row % 2 === 0 ? null : `note ${row}`)),
      type: 'STRING',
      nullable: true,
    },
  ];
}

export const smallParquet = (codec: Codec = 'SNAPPY'): Buffer =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: smallColumns(),
      rowGroupSize: 400,
      codec,
      compressors: COMPRESSORS,
    }),
  );

/** The same rows, in a file whose columns without a dictionary have 0 as the dictionary's offset. */
export async function zeroOffsetParquet(): Promise<Buffer> {
  const columnData = smallColumns();
  const writer = new ByteWriter();
  const file = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData }) });
  await file.write({ columnData, rowGroupSize: 400 });
  for (const { columns } of file.row_groups)
    for (const { meta_data: meta } of columns) if (meta !== undefined) meta.dictionary_page_offset ??= 0n;
  await file.finish();
  return Buffer.from(writer.getBuffer());
}

/** One small column, and one whose only page expands from a few KiB to more than a preview may use. */
export function bombParquet(codec: Codec): Buffer {
  const text = 'a'.repeat(65 * 1024 * 1024);
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: [1n], type: 'INT64' },
        { name: 'text', data: [text], type: 'STRING', columnIndex: false },
      ],
      codec,
      // Snappy does not compress enough, but the size of a page is only what the file claims.
      compressors: { ...COMPRESSORS, SNAPPY: () => Uint8Array.of(0) },
      statistics: false,
    }),
  );
}

/** Four columns of text, each larger than a preview may read. */
function wideParquet(): Buffer {
  const rows = Array.from({ length: 40_000 }, (_, row) => row);
  const text = (column: number): string[] =>
    rows.map((row) => `${column}:${((row * 2_654_435_761 + column) >>> 0).toString(36)}`.repeat(4));
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [1, 2, 3, 4].map((column) => ({
        name: `text${column}`,
        data: text(column),
        type: 'STRING',
      })),
      codec: 'UNCOMPRESSED',
      pageSize: 64 * 1024,
      rowGroupSize: rows.length,
    }),
  );
}

/** Writes a Parquet file of this size. Between the rows and the footer, there is a hole. */
export async function writeSparseParquet(path: string, bytes: number): Promise<void> {
  const content = wideParquet();
  const footerBytes = content.readUInt32LE(content.length - 8) + 8;
  const file = await open(path, 'w');
  try {
    await file.truncate(bytes);
    await file.write(content, 0, content.length - footerBytes, 0);
    await file.write(content, content.length - footerBytes, footerBytes, bytes - footerBytes);
  } finally {
    await file.close();
  }
}
