// Previews of CSV and TSV files: the first rows as a table.
import Papa from 'papaparse';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { shownCountOf } from '../shown-text.ts';
import { SampledText } from './sampled.ts';
import type { Sample, Source } from './source.ts';
import { DataTable, MAX_ROWS } from './table.ts';

interface Props {
  readonly source: Source;
}

/** Shows a CSV file as a table. Papa Parse detects the delimiter, because many CSV files use semicolons. */
export const CsvPreview = ({ source }: Props): Html =>
  html`<${SampledText}
    source=${source}
    show=${(text: string, sample: Sample) => tableOf(text, sample, '')}
  />`;

export const TsvPreview = ({ source }: Props): Html =>
  html`<${SampledText}
    source=${source}
    show=${(text: string, sample: Sample) => tableOf(text, sample, '\t')}
  />`;

function tableOf(text: string, { isWhole }: Sample, delimiter: string): Html {
  // Does not use a worker, because its script would come from a `blob:` URL, which the page's policy forbids.
  // Does not set `preview`, because its limit also counts the empty lines.
  const { data } = Papa.parse<string[]>(text, { delimiter, skipEmptyLines: true, worker: false });
  // The last row of a truncated sample may be incomplete.
  const records = isWhole ? data : data.slice(0, -1);
  const [columns = [], ...rows] = records;
  if (columns.length === 0) return html`<p>The beginning of the object contains no complete row.</p>`;
  const shown = Math.min(rows.length, MAX_ROWS);
  const isAll = isWhole && rows.length <= MAX_ROWS;
  return html`<div>
    <p class="fine">
      ${isAll ? '' : 'The first '}${shownCountOf(shown, 'row')}. The first line is taken as the names of the
      columns.
    </p>
    <${DataTable} label="Rows" columns=${columns} rows=${rows.slice(0, MAX_ROWS)} />
  </div>`;
}
