// Updates RESULTS.md, which has one section for each benchmark.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const RESULTS = new URL('RESULTS.md', import.meta.url);

/** The sections of RESULTS.md, in order. The second one is written by hand. */
const SECTIONS = [
  'Throughput',
  'Throughput on AMD EPYC',
  'Start',
  'Memory',
  'Read-ahead',
  'Cache',
  'Profile',
  'Scale',
] as const;
export type Section = Exclude<(typeof SECTIONS)[number], 'Throughput on AMD EPYC'>;

const HEAD = `# Benchmark

Each section is one run of one bench and describes how it was run. A run with \`--write\` replaces its section.
`;

export function writeSection(section: Section, text: string): void {
  const found = new Map<string, string>();
  const file = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '';
  for (const part of file.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n');
    found.set(part.slice(0, end), part.slice(end).trim());
  }
  found.set(section, text.trim());
  const sections = SECTIONS.flatMap((name) => {
    const own = found.get(name);
    return own === undefined ? [] : [`\n## ${name}\n\n${own}\n`];
  });
  writeFileSync(RESULTS, HEAD + sections.join(''));
}
