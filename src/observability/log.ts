// Writes one JSON line per event to standard output, with Cloud Logging's fields (Cloud Logging, "Structured logging").
import { destination, pino } from 'pino';
import type { LogLevel } from '../config/types.ts';
import { timestamps } from './time-text.ts';

export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** @param fields must not contain whole requests, responses or errors, because they may contain tokens */
  (severity: Severity, message: string, fields?: LogFields): void;
  /** Whether lines of this severity are written. */
  isWanted(severity: Severity): boolean;
  /** Writes a line in less CPU time than a normal call. @param members the JSON members, without braces; not validated */
  members(severity: Severity, members: string): void;
  /** Writes all buffered lines synchronously before the process ends with an error; lines may be out of order. */
  flush(): void;
  /** Writes all lines in order. Resolves when they are written, or after a timeout if nothing reads standard output. */
  end(): Promise<void>;
  /** The number of lines dropped so far because standard output was not read fast enough. */
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

/** The maximum number of bytes that wait for a slow reader of standard output. Further lines are dropped and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** The timeout for writing the last lines, so that a stalled reader does not keep the process alive. */
const END_MS = 1_000;

/** The destination of log lines. */
export interface LogOutput {
  write(lines: string): void;
  /** Writes all buffered lines synchronously. Must be the last call. */
  flush(): void;
  /** Resolves when all lines are written, or after a timeout if nothing reads them. */
  end(): Promise<void>;
  dropped(): number;
}

/** @param output the destination of the lines; by default, standard output */
export function createLog(level: LogLevel, output: LogOutput = standardOutput()): Log {
  const batch = lineBatch(output.write);
  const now = timestamps();
  const logger = pino(
    {
      level,
      messageKey: 'message',
      base: null,
      timestamp: () => `,"time":"${now()}"`,
      formatters: { level: (label) => ({ severity: SEVERITY_OF[label] ?? 'DEFAULT' }) },
    },
    output,
  );
  const severities: readonly Severity[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];
  const wanted = new Set(severities.filter((severity) => logger.isLevelEnabled(LEVEL_OF[severity])));
  return Object.assign(
    (severity: Severity, message: string, fields: LogFields = {}) => {
      // Flushes batched lines first, so that lines keep the order of their events.
      batch.flush();
      logger[LEVEL_OF[severity]](fields, message);
    },
    {
      isWanted: (severity: Severity) => wanted.has(severity),
      members: (severity: Severity, members: string) => {
        batch.add(`{"severity":"${severity}","time":"${now()}",${members}}\n`);
      },
      flush: () => {
        batch.flush();
        output.flush();
      },
      end: () => {
        batch.flush();
        return output.end();
      },
      dropped: output.dropped,
    },
  );
}

function standardOutput(): LogOutput {
  let ending = false;
  // The stream is asynchronous, so that a stalled reader of standard output does not stall the bridge.
  const stream = destination({
    fd: 1,
    sync: false,
    minLength: 0,
    maxLength: MAX_WAITING_BYTES,
    // Called repeatedly while nothing reads the output. Returns false once the process is ending, which stops the retries and
    // lets the process exit.
    retryEAGAIN: () => !ending,
  });
  stream.on('error', () => undefined);
  let destroyed = false;
  const destroy = (): void => {
    destroyed = true;
    stream.destroy();
  };
  let dropped = 0;
  stream.on('drop', (lines: string) => (dropped += lines.split('\n').length - 1));
  return {
    write: (lines) => {
      if (!destroyed) stream.write(lines);
    },
    flush: () => {
      ending = true;
      try {
        stream.flushSync();
      } catch {
        // Nothing reads the output. The stream is destroyed, because otherwise pino would retry when the process exits.
        destroy();
      }
    },
    end: () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      stream.once('close', resolve);
      setTimeout(() => {
        ending = true;
        destroy();
        resolve(undefined);
      }, END_MS);
      stream.end();
      return promise;
    },
    dropped: () => dropped,
  };
}

interface LineBatch {
  /** @param line text that ends with a line feed */
  add(line: string): void;
  /** Writes the waiting lines. */
  flush(): void;
}

/** How long a line may wait for further lines; too short for a person to notice. */
const WAIT_MS = 10;

/** A batch that reaches this number of characters is written without waiting. */
const FULL_BATCH = 64 * 1024;

/**
 * Collects lines that arrive close together and writes them with one call, because one write costs more than preparing ten
 * lines. The first line after a pause is written immediately, so that no line waits while Cloud Run suspends the CPU.
 */
function lineBatch(write: (lines: string) => void): LineBatch {
  let lines = '';
  let writtenAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines === '') return;
    const text = lines;
    lines = '';
    writtenAt = performance.now();
    write(text);
  };
  return {
    add: (line) => {
      lines += line;
      if (timer !== undefined && lines.length < FULL_BATCH) return;
      const waited = performance.now() - writtenAt;
      if (waited >= WAIT_MS || lines.length >= FULL_BATCH) flush();
      else timer = setTimeout(flush, WAIT_MS - waited).unref();
    },
    flush,
  };
}
