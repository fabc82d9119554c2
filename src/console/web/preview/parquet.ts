// The preview of a Parquet file: its schema, its row groups, and its first rows.
import type { FileMetaData } from 'hyparquet';
import { useState } from 'preact/hooks';
import { readRange } from '../api.ts';
import { ErrorNotice } from '../error-notice.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { RequestError } from '../request.ts';
import { shownCount, shownCountOf, shownSize, visible } from '../shown-text.ts';
import { useLoaded } from '../use-loaded.ts';
import { columnNames, FOOTER_TOO_LARGE, readFirstRows, readFooter } from './parquet-file.ts';
import type { FirstRows, ReadBytes } from './parquet-file.ts';
import { schemaRows, shownValue } from './parquet-values.ts';
import { readSample } from './source.ts';
import type { Source } from './source.ts';
import { DataTable } from './table.ts';

/**
 * The maximum size of a compressed file. Such a file is read as a whole, because no part of it could be decompressed on its
 * own.
 */
const MAX_COMPRESSED_BYTES = 2 * 1024 * 1024;

interface OpenFile {
  readonly metadata: FileMetaData;
  readonly first: FirstRows;
  readonly read: ReadBytes;
}

export function ParquetPreview({ source }: { readonly source: Source }): Html {
  const { bucket, key, etag, size } = source;
  const file = useLoaded(
    async (signal): Promise<OpenFile> => {
      const { read, length } = source.isGzip
        ? await expanded(source, signal)
        : {
            length: size,
            read: (start: number, end: number) => readRange(source, { start, end, etag, signal }),
          };
      const metadata = await readFooter(length, read).catch((error: unknown) => {
        if (error instanceof RequestError || error === FOOTER_TOO_LARGE) throw error;
        throw NOT_PARQUET;
      });
      return { metadata, read, first: await readFirstRows(metadata, read, 0) };
    },
    [bucket, key, etag],
  );
  if (file.error !== undefined) return html`<${ErrorNotice} error=${file.error} />`;
  if (file.value === undefined) return html`<p role="status">Loading…</p>`;
  return html`<${Opened} file=${file.value} />`;
}

function Opened({ file }: { readonly file: OpenFile }): Html {
  const { metadata } = file;
  const groups = metadata.row_groups;
  return html`<div>
    <p>
      ${shownCountOf(metadata.num_rows, 'row')} in ${shownCountOf(groups.length, 'row group')},
      ${shownCountOf(columnNames(metadata).length, 'column')}${metadata.created_by === undefined ? '' : `, written by ${visible(metadata.created_by)}`}.
    </p>
    <h3>First rows</h3>
    <${Rows} file=${file} />
    <h3>Schema</h3>
    <${DataTable} label="Schema" columns=${['Column', 'Type', 'Required']} rows=${schemaRows(metadata)} />
    <h3>Row groups</h3>
    <${DataTable}
      label="Row groups"
      columns=${['Group', 'Rows', 'Size']}
      rows=${groups.map(({ num_rows: rows, total_byte_size: bytes }, position) => [String(position), shownCount(rows), shownSize(Number(bytes))])}
    />
  </div>`;
}

function Rows({ file }: { readonly file: OpenFile }): Html {
  const { metadata, read } = file;
  const [rows, setRows] = useState(file.first);
  const [isLoading, setIsLoading] = useState(false);
  const [error, setError] = useState<unknown>();
  const names = columnNames(metadata);
  const remaining = names.length - rows.next;
  const loadMore = (): void => {
    setIsLoading(true);
    setError(undefined);
    readFirstRows(metadata, read, rows.next)
      .then(({ columns, unreadable, next }) => {
        setRows({
          columns: [...rows.columns, ...columns],
          unreadable: [...rows.unreadable, ...unreadable],
          next,
        });
      }, setError)
      .finally(() => {
        setIsLoading(false);
      });
  };
  const count = Math.max(0, ...rows.columns.map(({ values }) => values.length));
  const table = Array.from({ length: count }, (_, row) =>
    rows.columns.map(({ values }) => shownValue(values[row])),
  );
  return html`<div>
    ${count === 0 ? html`<p>No rows can be shown.</p>` : html`<${DataTable} label="First rows" columns=${rows.columns.map(({ name }) => name)} rows=${table} />`}
    ${rows.unreadable.map(({ name, reason }) => html`<p class="fine" key=${name}>Column <code>${visible(name)}</code> is not shown. ${reason}</p>`)}
    ${error !== undefined && html`<${ErrorNotice} error=${error} />`}
    ${remaining > 0 && html`<p><button type="button" disabled=${isLoading} onClick=${loadMore}>Load more columns</button> <span class="fine">${shownCount(remaining)} of ${shownCount(names.length)} columns are not loaded.</span></p>`}
  </div>`;
}

async function expanded(
  source: Source,
  signal: AbortSignal,
): Promise<{ readonly read: ReadBytes; readonly length: number }> {
  if (source.size > MAX_COMPRESSED_BYTES) throw TOO_LARGE;
  const { bytes, isWhole } = await readSample(source, signal, MAX_COMPRESSED_BYTES);
  if (!isWhole) throw TOO_LARGE;
  return { length: bytes.length, read: (start, end) => Promise.resolve(bytes.slice(start, end)) };
}

const NOT_PARQUET = new Error(
  'The object is not a Parquet file that the console can read. You can download it.',
);
const TOO_LARGE = new Error(
  `The console previews Parquet files inside gzip only up to ${shownSize(MAX_COMPRESSED_BYTES)}.`,
);
