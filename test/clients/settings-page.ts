// Parses docs/how-to/clients/settings.md: its table of environments and clients, and the lines to set for each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(import.meta.dirname, '../../docs/how-to/clients/settings.md');

/** An entry of the table. */
export interface Setting {
  readonly environment: string;
  readonly client: string;
  /** The title of a section, in lower case. */
  readonly way: string;
  /** Whether the page shows the entry as tested. */
  readonly isTested: boolean;
}

export interface SettingsPage {
  readonly settings: readonly Setting[];
  /** The code blocks of an environment's section; an environment that is set up as a VM has none. */
  preparation(environment: string): readonly string[];
  /** The code block with the lines for a client; undefined if there is none. */
  lines(way: string, client: string): string | undefined;
  /** The code that reads an object. */
  read(client: string): string;
}

/** @throws Error if a part of the page is missing */
export function readSettingsPage(): SettingsPage {
  const text = readFileSync(PAGE, 'utf8');
  const sections = sectionsOf(text, '## ');
  const preparations = sectionsOf(required(sections.get('Prepare the environment')), '### ');
  return {
    settings: settingsIn(text),
    preparation: (environment) => codeIn(required(preparations.get(environment))),
    lines: (way, client) => {
      const title = [...sections.keys()].find((each) => each.toLowerCase() === way);
      const parts = sectionsOf(required(sections.get(title ?? '')), '### ');
      const name = [...parts.keys()].find((clients) => clients.split(', ').includes(client));
      return name === undefined ? undefined : codeIn(parts.get(name) ?? '')[0];
    },
    read: (client) => {
      const row = rowsIn(required(sections.get('Read'))).find(([name]) => name === client);
      return required(row?.[1]).replaceAll('`', '');
    },
  };
}

function settingsIn(text: string): readonly Setting[] {
  const [, table = ''] = /<!-- settings -->\n([^]*?)<!-- \/settings -->/.exec(text) ?? [];
  const [[, ...clients] = [], , ...rows] = rowsIn(table);
  return rows.flatMap(([environment = '', ...cells]) =>
    cells.map((cell, column) => ({
      environment: required(/^\[(.+)\]\(#[\w-]+\)$/.exec(environment)?.[1]),
      client: required(clients[column]),
      way: cell.replace(' ✓', ''),
      isTested: cell.endsWith(' ✓'),
    })),
  );
}

const rowsIn = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );

/** @param heading the beginning of a heading. @returns the text of each section, by title */
function sectionsOf(text: string, heading: string): ReadonlyMap<string, string> {
  const [, ...sections] = `\n${text}`.split(`\n${heading}`);
  return new Map(
    sections.map((section) => {
      const [title = ''] = section.split('\n', 1);
      return [title, section.slice(title.length)];
    }),
  );
}

const codeIn = (text: string): string[] =>
  [...text.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, code = '']) => code);

function required(text: string | undefined): string {
  if (text === undefined || text === '') throw new Error(`${PAGE} lacks a section, a row or a link`);
  return text;
}
