// `node test/results/render.ts [--check]`: writes the table of operations in docs/reference/http-api.md from the results of the last test runs.
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COLUMNS, OPERATIONS, resultsDirectory } from './operations.ts';
import type { Result } from './operations.ts';

const PAGE = 'docs/reference/http-api.md';
const FILE = new URL(`../../${PAGE}`, import.meta.url).pathname;
const MARKED = /(?<=<!-- operations -->\n)[^]*?(?=<!-- \/operations -->)/;
const WORKS = '✓';
const UNSEEN = '–';

/** Cells by operation, then by column. */
type Table = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * @param before the page's current table, whose column is kept if there are no new results for it
 * @returns the table in Markdown, with a line break after each row
 */
export function operationsTable(results: readonly Result[], before = ''): string {
  const earlier = readTable(before);
  const cell = (operation: string, column: string): string => {
    const ofColumn = results.filter(({ client }) => client === column);
    if (ofColumn.length === 0) return earlier.get(operation)?.get(column) ?? UNSEEN;
    return ofColumn.some((result) => result.operation === operation) ? WORKS : UNSEEN;
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const rows = OPERATIONS.map((operation) =>
    line([operation, ...COLUMNS.map((column) => cell(operation, column))]),
  );
  return [line(['operation', ...COLUMNS]), `|---|${':-:|'.repeat(COLUMNS.length)}\n`, ...rows].join('');
}

function readTable(markdown: string): Table {
  const [heading = [], , ...rows] = markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return new Map(
    rows.map(([operation = '', ...cells]) => [
      operation,
      new Map(cells.map((cell, i) => [heading[i + 1] ?? '', cell])),
    ]),
  );
}

async function readResults(directory: string): Promise<Result[]> {
  const results: Result[] = [];
  for await (const name of glob('*.jsonl', { cwd: directory })) {
    const lines = (await readFile(join(directory, name), 'utf8')).split('\n').filter((line) => line !== '');
    results.push(...lines.map((line) => JSON.parse(line) as Result));
  }
  return results;
}

/** @returns the problem, or undefined if there is none */
async function main(check: boolean): Promise<string | undefined> {
  const results = await readResults(resultsDirectory());
  const without = COLUMNS.filter((column) => !results.some(({ client }) => client === column));
  if (check && process.env['CI'] !== undefined && without.length > 0) {
    return `There are no results for ${without.join(', ')}: run \`npm run test:clients\` and \`npm run test:ceph\` first.`;
  }
  const page = await readFile(FILE, 'utf8');
  const [before] = MARKED.exec(page) ?? [];
  if (before === undefined)
    return `${PAGE} must have <!-- operations --> and <!-- /operations --> on lines of their own.`;
  const after = operationsTable(results, before);
  if (without.length > 0) console.log(`No results of ${without.join(', ')} here: kept as the page has them.`);
  if (after === before) return undefined;
  if (check)
    return `The table in ${PAGE} is not what the tests saw. Write it with \`node test/results/render.ts\`:\n\n${after}`;
  await writeFile(
    FILE,
    page.replace(MARKED, () => after),
  );
  return undefined;
}

if (import.meta.main) {
  const wrong = await main(process.argv.includes('--check'));
  if (wrong !== undefined) {
    console.error(wrong);
    process.exitCode = 1;
  }
}
