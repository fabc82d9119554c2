// `node test/results/render.ts [--check]`: writes the README's table of operations from the results of the last test runs.
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COLUMNS, OPERATIONS, resultsDirectory } from './operations.ts';
import type { Result } from './operations.ts';

const README = new URL('../../README.md', import.meta.url).pathname;
const MARKED = /(?<=<!-- operations -->\n)[^]*?(?=<!-- \/operations -->)/;
const WORKS = '✓';
const UNSEEN = '–';

/** Cells by operation, then column. */
type Table = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * @param before the table as the README has it: a column without any result, as of tests that did not run here, stays
 * @returns the table in Markdown, each line ended
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

/** @returns what is wrong, nothing when all is well */
async function main(check: boolean): Promise<string | undefined> {
  const results = await readResults(resultsDirectory());
  const without = COLUMNS.filter((column) => !results.some(({ client }) => client === column));
  if (check && process.env['CI'] !== undefined && without.length > 0) {
    return `There are no results of ${without.join(', ')}: run \`npm run test:clients\` and \`npm run test:ceph\` first.`;
  }
  const readme = await readFile(README, 'utf8');
  const [before] = MARKED.exec(readme) ?? [];
  if (before === undefined)
    return 'README.md must have <!-- operations --> and <!-- /operations --> on lines of their own.';
  const after = operationsTable(results, before);
  if (without.length > 0)
    console.log(`No results of ${without.join(', ')} here: taken as the README has them.`);
  if (after === before) return undefined;
  if (check)
    return `README.md's table is not what the tests saw. Write it with \`node test/results/render.ts\`:\n\n${after}`;
  await writeFile(
    README,
    readme.replace(MARKED, () => after),
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
