// Limits the log lines about events that anyone can cause without a token, and logs how many lines were suppressed.
import type { Log, LogFields, Severity } from './log.ts';

const LINES = 20;
const WINDOW_MS = 10_000;

/** All severities in ascending order. */
const SEVERITIES: readonly Severity[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

/**
 * Limits the log lines of each kind. The line that reports suppressed lines has the highest of their severities, so that an alert
 * on errors does not miss them.
 * @param about describes the lines; appears in the line that reports suppressed lines
 * @param max the maximum number of lines of each kind per ten seconds
 * @returns a function that returns whether one more line of a kind may be written now; use only a few kinds, because each kind is
 * counted separately
 */
export function lineLimit(
  log: Log,
  about: string,
  max: number,
): (kind: string, severity: Severity) => boolean {
  const written = new Map<string, number>();
  const suppressed = new Map<string, number>();
  /** The highest severity of the suppressed lines, as an index of SEVERITIES. */
  let highest = 0;
  let timer: NodeJS.Timeout | undefined;
  const endWindow = (): void => {
    timer = undefined;
    written.clear();
    if (suppressed.size === 0) return;
    const sum = [...suppressed.values()].reduce((total, count) => total + count, 0);
    const seconds = WINDOW_MS / 1000;
    log(
      SEVERITIES[highest] ?? 'WARNING',
      `suppressed ${sum} more log lines about ${about} in the last ${seconds} s`,
      { suppressed: sum, kinds: Object.fromEntries(suppressed) },
    );
    suppressed.clear();
    highest = 0;
  };
  return (kind, severity) => {
    timer ??= setTimeout(endWindow, WINDOW_MS).unref();
    const count = written.get(kind) ?? 0;
    if (count < max) {
      written.set(kind, count + 1);
      return true;
    }
    suppressed.set(kind, (suppressed.get(kind) ?? 0) + 1);
    highest = Math.max(highest, SEVERITIES.indexOf(severity));
    return false;
  };
}

/** Writes at most 20 lines per ten seconds. @param about as in {@link lineLimit} */
export function limitLines(
  log: Log,
  about: string,
): (severity: Severity, message: string, fields: LogFields) => void {
  const mayWrite = lineLimit(log, about, LINES);
  return (severity, message, fields) => {
    if (mayWrite(about, severity)) log(severity, message, fields);
  };
}
