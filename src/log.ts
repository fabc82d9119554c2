// One JSON line an event on standard output, in the fields that Cloud Logging knows (Cloud Logging, "Structured logging").
import { destination, pino } from 'pino';
import type { LogLevel } from './config.ts';

export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** @param fields named values only: whole requests, responses and errors carry tokens */
  (severity: Severity, message: string, fields?: LogFields): void;
  /** Writes what is still in memory at once, before the process ends with an error; lines may come out of order. */
  flush(): void;
  /** Resolves when all is written, in order, or when nobody takes it. */
  end(): Promise<void>;
  /** Lines lost so far, as nobody took what was written. */
  dropped(): number;
}

const LEVEL_OF = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const;

const SEVERITY_OF: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/** What waits in memory for a reader of our standard output that is slow; beyond it lines are dropped and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A reader that has stalled must not hold a process that is to end. */
const END_MS = 1_000;

export function createLog(level: LogLevel): Log {
  // Asynchronous: a reader of our standard output that stalls must not stall the bridge.
  let ending = false;
  const output = destination({
    ...{ fd: 1, sync: false, minLength: 0, maxLength: MAX_WAITING_BYTES },
    // Asked where nobody takes what is written: at the end that must not hold the process.
    retryEAGAIN: () => !ending,
  });
  output.on('error', () => undefined);
  let dropped = 0;
  output.on('drop', () => (dropped += 1));
  const logger = pino(
    {
      level,
      messageKey: 'message',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ severity: SEVERITY_OF[label] ?? 'DEFAULT' }) },
    },
    output,
  );
  return Object.assign(
    (severity: Severity, message: string, fields: LogFields = {}) => {
      logger[LEVEL_OF[severity]](fields, message);
    },
    {
      flush: () => {
        ending = true;
        try {
          output.flushSync();
        } catch {
          // Nobody takes it, and the process is to end: pino would try again at its exit.
          output.destroy();
        }
      },
      end: () => {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        output.once('close', resolve);
        setTimeout(() => {
          ending = true;
          output.destroy();
          resolve(undefined);
        }, END_MS);
        output.end();
        return promise;
      },
      dropped: () => dropped,
    },
  );
}
