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

/** Where lines go. */
export interface LogOutput {
  write(lines: string): void;
  /** Writes what is still in memory at once, and takes nothing more. */
  flush(): void;
  /** Resolves when all is written, or when nobody takes it. */
  end(): Promise<void>;
  dropped(): number;
}

/** @param output standard output by default */
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
  // Asynchronous: a reader of our standard output that stalls must not stall the bridge.
  const stream = destination({
    fd: 1,
    sync: false,
    minLength: 0,
    maxLength: MAX_WAITING_BYTES,
    // Asked where nobody takes what is written: at the end that must not hold the process.
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
        // Nobody takes it, and the process is to end: pino would try again at its exit.
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

/** @returns the present time in RFC 3339; of one second only the milliseconds are written anew */
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
