// Parses the syntax that deploy/Dockerfile and .dockerignore use: the instructions of each stage, and the paths in the build context.
import { readFileSync } from 'node:fs';

export const ROOT = new URL('../..', import.meta.url).pathname;

export interface Instruction {
  readonly name: string;
  /** The instruction without its name, on one line. */
  readonly text: string;
  /** The strings in an instruction in JSON form; undefined for other forms. */
  readonly words: readonly string[] | undefined;
}

export interface Stage {
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Joins continued lines, and skips comments and blank lines. */
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

/** The instructions before the first FROM. */
export const PREAMBLE: readonly Instruction[] = all.slice(0, starts[0]);

export const STAGES: readonly Stage[] = starts.map((start, i) => ({
  from: all[start]?.text ?? '',
  instructions: all.slice(start + 1, starts[i + 1]),
}));

/** The text of each instruction with this name. */
export const textsOf = (stage: Stage | undefined, name: string): string[] =>
  (stage?.instructions ?? []).filter((one) => one.name === name).map(({ text }) => text);

const ignored = readFileSync(`${ROOT}.dockerignore`, 'utf8')
  .split('\n')
  .filter((line) => !/^(?:#|$)/.test(line));

/**
 * @returns whether Docker sends the path to the build. This depends on the last line in .dockerignore that matches the path or
 * one of its parent directories.
 */
export function isSent(path: string): boolean {
  let sent = true;
  for (const line of ignored) {
    const pattern = line.replace(/^!/, '');
    if (pattern === '*' || path === pattern || path.startsWith(`${pattern}/`)) sent = line.startsWith('!');
  }
  return sent;
}
