// Collects a bridge's log lines, and lets a test wait for a line.
import { PATIENCE_MS } from './until.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface LogLines {
  /** The log lines so far. */
  readonly lines: readonly LogLine[];
  /** All text so far, including text that is not a log line. */
  output(): string;
  /** Waits for the first matching log line, which may already have been logged; rejects after a timeout. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** @param text one line, without its line feed */
  add(text: string): void;
  /** Adds text that only `output` returns, because it is not a log line. */
  addOther(text: string): void;
  /** Rejects all pending `line` calls, because no more lines will arrive. */
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
        else if (ended) reject(new Error(`the bridge exited without logging such a line:\n${output}`));
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
