// Writes one JSON line per event to standard output, with Cloud Logging's fields (Cloud Logging, "Structured logging").
import { destination, pino } from 'pino';
import type { LogLevel } from '../config/types.ts';

export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** @param fields named values only: whole requests, responses and errors carry tokens */
  (severity: Severity, message: string, fields?: LogFields): void;
  /** Whether lines of this severity are written at all. */
  isWanted(severity: Severity): boolean;
  /** For frequent lines. @param members of the JSON object, without braces; they are not checked */
  members(severity: Severity, members: string): void;
  /** Writes all waiting lines at once, before the process ends with an error; lines may be out of order. */
  flush(): void;
  /** Resolves when all lines are written, in order, or when nothing reads standard output. */
  end(): Promise<void>;
  /** Lines dropped so far because standard output was not read fast enough. */
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

/** Lines that wait for a slow reader of standard output; beyond this, lines are dropped and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A stalled reader must not keep the process from ending. */
const END_MS = 1_000;

export function createLog(level: LogLevel): Log {
  // Asynchronous: a stalled reader of standard output must not stall the bridge.
  let ending = false;
  const output = destination({
    fd: 1,
    sync: false,
    minLength: 0,
    maxLength: MAX_WAITING_BYTES,
    // Called if the pipe is full: at the end this must not keep the process alive.
    retryEAGAIN: () => !ending,
  });
  output.on('error', () => undefined);
  let dropped = 0;
  output.on('drop', (lines: string) => (dropped += lines.split('\n').length - 1));
  const batch = lineBatch((lines) => output.write(lines));
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
      // Keeps lines in the order of their events.
      batch.flush();
      logger[LEVEL_OF[severity]](fields, message);
    },
    {
      isWanted: (severity: Severity) => wanted.has(severity),
      members: (severity: Severity, members: string) => {
        batch.add(`{"severity":"${severity}","time":"${now()}",${members}}\n`);
      },
      flush: () => {
        ending = true;
        try {
          batch.flush();
          output.flushSync();
        } catch {
          // Nothing reads the pipe and the process is ending: pino would retry at exit.
          output.destroy();
        }
      },
      end: () => {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        batch.flush();
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

/** @returns the current time in RFC 3339; within one second only the milliseconds are formatted */
function timestamps(): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Date.now();
    const milliseconds = now % 1000;
    if (now - milliseconds !== second) {
      second = now - milliseconds;
      text = new Date(second).toISOString().slice(0, 20);
    }
    return `${text}${String(milliseconds).padStart(3, '0')}Z`;
  };
}

interface LineBatch {
  /** @param line with its line feed */
  add(line: string): void;
  /** Writes the lines that wait. */
  flush(): void;
}

/** How long a line may wait for others; a person who watches does not notice. */
const WAIT_MS = 10;

/** Characters at which lines wait no longer. */
const FULL_BATCH = 64 * 1024;

/**
 * Collects lines that come close together and writes them at once: a write costs more than ten lines. The first line after a pause
 * is written immediately, so that no line waits while the platform withdraws the CPU of an idle bridge.
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
