// Previews of JSON, which is shown with indentation, and of JSON Lines, which is shown as a table.
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { shownCountOf, visibleLines } from '../shown-text.ts';
import { exactText, parseExactly } from './exact-json.ts';
import { SampledText } from './sampled.ts';
import type { Sample, Source } from './source.ts';
import { DataTable, MAX_ROWS } from './table.ts';

interface Props {
  readonly source: Source;
}

export const JsonPreview = ({ source }: Props): Html =>
  html`<${SampledText} source=${source} show=${shownJson} />`;

export const JsonLinesPreview = ({ source }: Props): Html =>
  html`<${SampledText}
    source=${source}
    show=${(text: string, sample: Sample) => shownLines(text, sample) ?? plain(text)}
  />`;

const plain = (text: string): Html => html`<pre tabindex="0">${visibleLines(text)}</pre>`;

function shownJson(text: string, sample: Sample): Html {
  try {
    return plain(exactText(parseExactly(text), 2));
  } catch {
    // Many files that end with .json contain one document per line.
    return shownLines(text, sample) ?? plain(text);
  }
}

/** @returns a table of the lines; undefined unless each line is a JSON document */
function shownLines(text: string, { isWhole }: Sample): Html | undefined {
  const lines = text.split('\n');
  const complete = (isWhole ? lines : lines.slice(0, -1)).filter((line) => line.trim() !== '');
  if (complete.length === 0) return undefined;
  let records: unknown[];
  try {
    records = complete.slice(0, MAX_ROWS).map(parseExactly);
  } catch {
    return undefined;
  }
  const isAll = isWhole && complete.length <= MAX_ROWS;
  const columns = [...new Set(records.flatMap((record) => (isFields(record) ? Object.keys(record) : [''])))];
  const names = columns.map((column) => (column === '' ? 'value' : column));
  const rows = records.map((record) =>
    columns.map((column) => {
      if (!isFields(record)) return column === '' ? exactText(record) : '';
      const value = Object.hasOwn(record, column) ? record[column] : undefined;
      return typeof value === 'string' ? value : value === undefined ? '' : exactText(value);
    }),
  );
  return html`<div>
    <p class="fine">${isAll ? '' : 'The first '}${shownCountOf(rows.length, 'document')}, one per line.</p>
    <${DataTable} label="Documents" columns=${names} rows=${rows} />
  </div>`;
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('rawJSON' in value);
