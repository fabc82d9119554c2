// Log lines that anybody can cause without a token: so many in a while, and of those left out the number.
import type { Log, LogFields, Severity } from '../log.ts';

const LINES = 20;
const WHILE_MS = 10_000;

/** @param ofWhat stands in the line that says how many were left out */
export function boundedLines(
  log: Log,
  ofWhat: string,
): (severity: Severity, message: string, fields: LogFields) => void {
  let written = 0;
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;
  const beginAnew = (): void => {
    if (leftOut > 0)
      log('WARNING', `${leftOut} more ${ofWhat} in ${WHILE_MS / 1000} s have no line`, { leftOut });
    written = 0;
    leftOut = 0;
    timer = undefined;
  };
  return (severity, message, fields) => {
    timer ??= setTimeout(beginAnew, WHILE_MS).unref();
    if (written >= LINES) {
      leftOut += 1;
      return;
    }
    written += 1;
    log(severity, message, fields);
  };
}
