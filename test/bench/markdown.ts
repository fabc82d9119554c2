// Tables of Markdown, and how a figure is told: its median, and between which it lay.

/** The median, and the least and most where there is more than one. @param digits after the point; none chosen: by its size */
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

/** As Prettier sets it. @param texts how many columns, from the left, hold texts and not figures */
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
