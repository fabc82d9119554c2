// The lines that a bridge logs, and waiting for one of them.
import { PATIENCE_MS } from './until.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface LogLines {
  /** All so far. */
  readonly lines: readonly LogLine[];
  /** All text so far, lines or not. */
  output(): string;
  /** Resolves with the first line, past or to come, that matches; rejects if none comes. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** @param text of one line, without its line feed */
  add(text: string): void;
  /** Text that is no line of the log, for `output`. */
  addOther(text: string): void;
  /** No more lines come: whoever waits for one is told so. */
  end(): void;
}

export function collectLines(): LogLines {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let output = '';
  let ended = false;
  const wake = (): void => {
    for (const look of waiting) look();
  };
  return {
    lines,
    output: () => output,
    line: (matches) => {
      const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
      const look = (): void => {
        const found = lines.find(matches);
        if (found !== undefined) resolve(found);
        else if (ended) reject(new Error(`the bridge ended without that line:\n${output}`));
      };
      const timer = setTimeout(() => {
        reject(new Error(`no such line within ${PATIENCE_MS} ms:\n${output}`));
      }, PATIENCE_MS);
      waiting.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
    },
    add: (text) => {
      output += `${text}\n`;
      const line: unknown = JSON.parse(text);
      if (typeof line === 'object' && line !== null) lines.push({ ...line });
      wake();
    },
    addOther: (text) => {
      output += text;
    },
    end: () => {
      ended = true;
      wake();
    },
  };
}
