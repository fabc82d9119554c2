// Limits log lines that anyone can cause without a token, and logs how many were suppressed.
import type { Log, LogFields, Severity } from './log.ts';

const LINES = 20;
const WINDOW_MS = 10_000;

/**
 * @param about names the lines in the line that counts the suppressed ones
 * @param max lines of each kind in ten seconds
 * @returns whether one more line of this kind may be written now; there are few kinds
 */
export function lineLimit(log: Log, about: string, max: number): (kind: string) => boolean {
  const written = new Map<string, number>();
  const suppressed = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const endWindow = (): void => {
    timer = undefined;
    written.clear();
    if (suppressed.size === 0) return;
    const sum = [...suppressed.values()].reduce((total, count) => total + count, 0);
    log('WARNING', `suppressed ${sum} more log lines about ${about} in the last ${WINDOW_MS / 1000} s`, {
      suppressed: sum,
      kinds: Object.fromEntries(suppressed),
    });
    suppressed.clear();
  };
  return (kind) => {
    timer ??= setTimeout(endWindow, WINDOW_MS).unref();
    const count = written.get(kind) ?? 0;
    if (count < max) written.set(kind, count + 1);
    else suppressed.set(kind, (suppressed.get(kind) ?? 0) + 1);
    return count < max;
  };
}

/** Writes at max 20 lines in ten seconds. @param about as in {@link lineLimit} */
export function limitLines(
  log: Log,
  about: string,
): (severity: Severity, message: string, fields: LogFields) => void {
  const mayWrite = lineLimit(log, about, LINES);
  return (severity, message, fields) => {
    if (mayWrite(about)) log(severity, message, fields);
  };
}
