// Formats an egress report as a table for a terminal.
import { escapeText } from '../../config/show.ts';
import type { EgressReport, PricedRow } from '../../observability/egress/egress-report.ts';

/** Formats the report. Escapes text from the log, because that text may contain control characters. */
export function describeEgress({ rows, total, note, priceSources, bytesPerGB }: EgressReport): string {
  const cells = rows.map((row) => [
    escapeText(row.caller),
    escapeText(row.bucket),
    escapeText(row.region ?? 'unknown'),
    row.path,
    gigabytes(row.bytes, bytesPerGB),
    priceIn(row),
    row.estimatedCost === null ? 'unknown' : dollars(row.estimatedCost),
  ]);
  const sum = ['total', '', '', '', gigabytes(total.bytes, bytesPerGB), '', dollars(total.estimatedCost)];
  const unpriced =
    total.bytesWithoutPrice === 0
      ? []
      : [
          `The price of ${gigabytes(total.bytesWithoutPrice, bytesPerGB)} GB is unknown, so the total does not include these bytes. Set the price in egress.prices in the configuration, and pass --config.`,
        ];
  const sources = priceSources.map(({ date, source }, position) => `  [${position + 1}] ${source} (${date})`);
  return [
    ...aligned([HEADINGS, ...cells, sum]),
    '',
    note,
    ...unpriced,
    ...(sources.length === 0 ? [] : ['Prices:', ...sources]),
    '',
  ].join('\n');
}

const HEADINGS = ['caller', 'bucket', 'region', 'path', 'GB', '$/GB', 'estimated $'];

/** The index of the first column that contains numbers. */
const FIRST_NUMBER = 4;

function priceIn({ pricePerGB, priceSource }: PricedRow): string {
  return pricePerGB === null || priceSource === null ? 'unknown' : `${pricePerGB} [${priceSource + 1}]`;
}

const gigabytes = (bytes: number, bytesPerGB: number): string => (bytes / bytesPerGB).toFixed(3);

const dollars = (amount: number): string => amount.toFixed(2);

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < FIRST_NUMBER ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
