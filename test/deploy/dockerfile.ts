// Reads deploy/Dockerfile and .dockerignore as far as they go: the instructions of each stage, and what of a clone is sent.
import { readFileSync } from 'node:fs';

export const ROOT = new URL('../..', import.meta.url).pathname;

export interface Instruction {
  readonly name: string;
  /** All after the name, on one line. */
  readonly text: string;
  /** Of the JSON form. */
  readonly words: readonly string[] | undefined;
}

export interface Stage {
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Continued lines joined, comments and blank lines left out. */
function readInstructions(): Instruction[] {
  const lines = readFileSync(`${ROOT}deploy/Dockerfile`, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line));
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      const json = /\[.*\]$/.exec(text)?.[0];
      const words = /^(?:CMD|ENTRYPOINT|HEALTHCHECK|RUN)$/.test(name) && json !== undefined;
      return { name, text, words: words ? (JSON.parse(json) as string[]) : undefined };
    });
}

const all = readInstructions();
const starts = all.flatMap(({ name }, i) => (name === 'FROM' ? [i] : []));

/** What stands before the first FROM. */
export const PREAMBLE: readonly Instruction[] = all.slice(0, starts[0]);

export const STAGES: readonly Stage[] = starts.map((start, i) => ({
  from: all[start]?.text ?? '',
  instructions: all.slice(start + 1, starts[i + 1]),
}));

/** Those of this name, without it. */
export const textsOf = (stage: Stage | undefined, name: string): string[] =>
  (stage?.instructions ?? []).filter((one) => one.name === name).map(({ text }) => text);

const ignored = readFileSync(`${ROOT}.dockerignore`, 'utf8')
  .split('\n')
  .filter((line) => !/^(?:#|$)/.test(line));

/** The last line that names a path, or a directory that it is in, decides; of patterns we use `*` alone. */
export function isSent(path: string): boolean {
  let sent = true;
  for (const line of ignored) {
    const pattern = line.replace(/^!/, '');
    if (pattern === '*' || path === pattern || path.startsWith(`${pattern}/`)) sent = line.startsWith('!');
  }
  return sent;
}
