// Formats Markdown tables, and the median and range of measured values.

/**
 * Returns the median, with the minimum and maximum if there are several values.
 * @param digits digits after the decimal point; by default, more digits for smaller values
 */
export function spread(values: readonly number[], digits?: number): string {
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) return '–';
  const middle = median(values);
  const show = (value: number): string => value.toFixed(digits ?? (middle < 10 ? 1 : 0));
  if (values.length === 1) return show(middle);
  return `${show(middle)} (${show(Math.min(...values))}–${show(Math.max(...values))})`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** Formats a table as Prettier does. @param texts the number of columns, from the left, that contain text instead of numbers */
export function markdownTable(rows: readonly (readonly string[])[], texts = 1): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const [head = [], ...body] = rows.map((row) =>
    row.map((cell, column) =>
      column < texts ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    ),
  );
  const rule = widths.map((width, column) =>
    column < texts ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [head, rule, ...body].map(line).join('');
}
