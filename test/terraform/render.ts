// `node test/terraform/render.ts` writes the tables in the modules' README.md files from the declared variables and outputs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModule } from './modules.ts';
import type { Block, Module } from './modules.ts';

/** The modules that have a README.md with tables, by path below terraform/. */
export const DOCUMENTED = ['', 'modules/bulk-copy'] as const;

const readmeOf = (path: string): string => join(import.meta.dirname, '../../terraform', path, 'README.md');

export const readReadme = (path = ''): string => readFileSync(readmeOf(path), 'utf8');

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;

function defaultOf({ body }: Block): string {
  if (!('default' in body)) return 'must be set';
  const value = body['default'];
  return value === null ? 'none' : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

/** The tables, keyed by the name in the comments that enclose each table on the page. */
function tablesOf({ variables, outputs }: Module): Readonly<Record<string, string>> {
  return {
    variables: [
      line(['variable', 'default', 'meaning']),
      '|---|---|---|\n',
      ...[...variables]
        .sort((a, b) => Number('default' in a.body) - Number('default' in b.body))
        .map((block) => line([`\`${block.name}\``, defaultOf(block), String(block.body['description'])])),
    ].join(''),
    outputs: [
      line(['output', 'meaning']),
      '|---|---|\n',
      ...outputs.map(({ name, body }) => line([`\`${name}\``, String(body['description'])])),
    ].join(''),
  };
}

/** @returns the page with updated tables. @throws Error if a table's comments are missing */
export async function rendered(page: string, path = ''): Promise<string> {
  return Object.entries(tablesOf(await readModule(path))).reduce((text, [name, table]) => {
    const marked = new RegExp(`(?<=<!-- ${name} -->\\n)[^]*?(?=<!-- /${name} -->)`);
    if (!marked.test(text))
      throw new Error(
        `${readmeOf(path)} must have <!-- ${name} --> and <!-- /${name} -->, each on its own line.`,
      );
    return text.replace(marked, () => table);
  }, page);
}

if (import.meta.main)
  for (const path of DOCUMENTED) writeFileSync(readmeOf(path), await rendered(readReadme(path), path));
