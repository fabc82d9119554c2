// Reads the schema and the first rows of a Parquet file through a few range requests.
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import type { ColumnChunk, Compressors, FileMetaData } from 'hyparquet';
import { decompressorsFor } from './decompressors.ts';

/** @param end the position after the last byte */
export type ReadBytes = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

export interface Column {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** The first rows of some columns. */
export interface FirstRows {
  readonly columns: readonly Column[];
  /** Columns that were read but could not be decoded, each with the reason. */
  readonly unreadable: readonly { readonly name: string; readonly reason: string }[];
  /**
   * The number of columns that have been read so far, counted from the first column. To read the next columns, pass this number
   * as `from`.
   */
  readonly next: number;
}

/** The number of bytes to read first. Most footers are smaller; a larger footer takes a second request. */
const FOOTER_BYTES = 256 * 1024;
const MAX_FOOTER_BYTES = 1024 * 1024;

/** The bytes of one request for rows, and the number of requests for each set of columns. With the footer: 4 requests, 2 MiB. */
const ROW_BYTES = 384 * 1024;
const ROW_REQUESTS = 2;

const MAX_FIRST_ROWS = 50;

/** The error for a footer that is larger than the preview may read. */
export const FOOTER_TOO_LARGE = new Error(
  'The footer of the file is too large for a preview. You can download the object.',
);

/** @throws Error if the file is not a Parquet file, or {@link FOOTER_TOO_LARGE} */
export async function readFooter(size: number, read: ReadBytes): Promise<FileMetaData> {
  let remaining = MAX_FOOTER_BYTES;
  const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
    remaining -= end - start;
    if (remaining < 0) throw FOOTER_TOO_LARGE;
    return bufferOf(await read(start, end));
  };
  return parquetMetadataAsync({ byteLength: size, slice }, { initialFetchSize: FOOTER_BYTES });
}

/** Returns the names of the columns at the top level of the schema. */
export const columnNames = (metadata: FileMetaData): readonly string[] =>
  parquetSchema(metadata).children.map(({ element }) => element.name);

/**
 * Reads the beginning of the first row group. Its columns are stored one after another, so a request covers several small columns,
 * or the first pages of a large one.
 * @param from the number of columns to skip
 */
export async function readFirstRows(
  metadata: FileMetaData,
  read: ReadBytes,
  from: number,
): Promise<FirstRows> {
  const names = columnNames(metadata);
  const group = metadata.row_groups.find(({ num_rows: rows }) => rows > 0n);
  if (group === undefined) return { columns: [], unreadable: [], next: names.length };
  const ranges = names.map((name) => rangeOf(group.columns, name));
  const parts: Part[] = [];
  let next = from;
  for (let request = 0; request < ROW_REQUESTS && next < names.length; request += 1) {
    const [start, firstEnd] = ranges[next] ?? [0, 0];
    let end = Math.min(firstEnd, start + ROW_BYTES);
    next += 1;
    // One request can read several columns if they are stored one after another.
    while (next < names.length) {
      const [nextStart, nextEnd] = ranges[next] ?? [0, 0];
      if (nextStart < start || nextEnd > start + ROW_BYTES) break;
      end = Math.max(end, nextEnd);
      next += 1;
    }
    parts.push({ start, bytes: await read(start, end) });
  }
  const codecs = new Set(
    group.columns.flatMap(({ meta_data: meta }) => (meta === undefined ? [] : [meta.codec])),
  );
  const compressors = await decompressorsFor(codecs);
  const columns: Column[] = [];
  const unreadable: { name: string; reason: string }[] = [];
  for (const name of names.slice(from, next)) {
    try {
      columns.push({ name, values: await decode({ metadata, compressors }, name, parts) });
    } catch (error) {
      unreadable.push({ name, reason: reasonOf(error) });
    }
  }
  return { columns, unreadable, next };
}

interface Part {
  readonly start: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Returns the bytes of a column in the file. A column of a nested type has several chunks. */
function rangeOf(chunks: readonly ColumnChunk[], name: string): readonly [start: number, end: number] {
  const own = chunks.flatMap(({ meta_data: meta }) => (meta?.path_in_schema[0] === name ? [meta] : []));
  // Some writers store 0 as the offset of a dictionary that does not exist.
  const starts = own.map(({ dictionary_page_offset: dictionary = 0n, data_page_offset: data }) =>
    Number(dictionary === 0n ? data : dictionary),
  );
  const ends = own.map((meta, position) => (starts[position] ?? 0) + Number(meta.total_compressed_size));
  return [Math.min(...starts), Math.max(...ends)];
}

async function decode(
  { metadata, compressors }: { readonly metadata: FileMetaData; readonly compressors: Compressors },
  name: string,
  parts: readonly Part[],
): Promise<unknown[]> {
  const slice = (start: number, end = 0): ArrayBuffer => {
    const part = parts.find((each) => start >= each.start && start < each.start + each.bytes.length);
    if (part === undefined) throw new RangeError(TOO_LARGE);
    return bufferOf(part.bytes.subarray(start - part.start, end - part.start));
  };
  const size = Number.MAX_SAFE_INTEGER;
  const rows = await parquetReadObjects({
    file: { byteLength: size, slice },
    metadata,
    compressors,
    columns: [name],
    rowStart: 0,
    rowEnd: MAX_FIRST_ROWS,
  });
  return rows.map((row): unknown => row[name]);
}

/** Copies the bytes into a buffer of their own, which hyparquet needs. */
const bufferOf = (bytes: Uint8Array<ArrayBuffer>): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

const TOO_LARGE = 'Its first page is too large for a preview.';

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return TOO_LARGE;
  const codec = /codec: ?(\w+)/i.exec(error instanceof Error ? error.message : '')?.[1];
  return codec === undefined
    ? 'It cannot be decoded here.'
    : `It is compressed with ${codec}, which the console cannot read.`;
}
