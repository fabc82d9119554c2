// Bounds log lines that anyone can cause without a token, and logs how many were suppressed.
import type { Log, LogFields, Severity } from '../log.ts';

const LINES = 20;
const WHILE_MS = 10_000;

/** @param about names the lines in the one that counts those suppressed */
export function boundedLines(
  log: Log,
  about: string,
): (severity: Severity, message: string, fields: LogFields) => void {
  let written = 0;
  let suppressed = 0;
  let timer: NodeJS.Timeout | undefined;
  const beginAnew = (): void => {
    if (suppressed > 0)
      log(
        'WARNING',
        `suppressed ${suppressed} more log lines about ${about} in the last ${WHILE_MS / 1000} s`,
        {
          suppressed,
        },
      );
    written = 0;
    suppressed = 0;
    timer = undefined;
  };
  return (severity, message, fields) => {
    timer ??= setTimeout(beginAnew, WHILE_MS).unref();
    if (written >= LINES) {
      suppressed += 1;
      return;
    }
    written += 1;
    log(severity, message, fields);
  };
}
