// The end of the process: on a signal once streams have had their time, on an error that nobody caught at once.
import { describeUnknown } from '../errors/fault.ts';
import type { Log } from '../observability/log.ts';
import type { BridgeServer } from '../server/listen.ts';

/** The log lines of aborted responses come when their sockets have closed. */
const LAST_LINES_MS = 10;

/**
 * After an error that nobody caught nothing can be trusted: the platform starts a new process.
 * @returns takes what aborts the responses in progress, once there is a bridge that sends any
 */
export function endOnFault(log: Log): (abortAll: () => void) => void {
  let abortAll = (): void => undefined;
  const end = (error: unknown): void => {
    log('CRITICAL', 'the process ends: an error that nobody caught', {
      error: describeUnknown(error),
      remedy: 'This is a bug of the bridge: report it with this line.',
    });
    try {
      abortAll();
    } finally {
      log.flush();
      process.exit(1);
    }
  };
  process.once('uncaughtException', end);
  process.once('unhandledRejection', end);
  return (abort) => (abortAll = abort);
}

/** Drains on the first signal, and ends at once on a second. */
export function endOnSignal(log: Log, server: BridgeServer): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) {
      server.abortAll();
      setTimeout(() => {
        log.flush();
        process.exit(1);
      }, LAST_LINES_MS);
      return;
    }
    ending = true;
    const { drainSeconds } = server.config().limits;
    log('INFO', `${signal}: no new connections; streams have ${drainSeconds} s to finish`);
    void server.drain().finally(async () => {
      log('INFO', 'ended');
      await log.end();
      process.exit(0);
    });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
