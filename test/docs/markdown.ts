// Creates Markdown tables, and replaces the generated parts of pages.

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;

export const tableOf = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(headings), `|${'---|'.repeat(headings.length)}\n`, ...rows.map(line)].join('');

/**
 * @returns the page with each part of `parts` between its markers `<!-- NAME -->` and `<!-- /NAME -->`
 * @throws Error if a marker is missing
 */
export function withParts(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const marked = new RegExp(`(?<=<!-- ${name} -->\\n)[^]*?(?=<!-- /${name} -->)`);
    if (!marked.test(text))
      throw new Error(`The page must have <!-- ${name} --> and <!-- /${name} --> on lines of their own.`);
    return text.replace(marked, () => part);
  }, page);
}

/** The code blocks in a given language, in order. */
export const blocks = (language: string, text: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);
