// Ends the process: after draining on a signal, immediately on an uncaught error.
import { describeUnknown } from '../errors/fault.ts';
import type { Log } from '../observability/log.ts';
import type { BridgeServer } from '../server/listen.ts';

/** How long to wait until aborted responses have been logged. The log line of a response is written when its socket closes. */
const LAST_LINES_MS = 10;

/**
 * Ends the process after an uncaught error, because no state can be trusted then. The platform starts a new process.
 * @returns a function that must be called once the bridge exists; its argument is a function that aborts all responses in
 * progress
 */
export function endOnFault(log: Log): (abortAll: () => void) => void {
  let abortAll = (): void => undefined;
  const end = (error: unknown): void => {
    log('CRITICAL', 'the process is exiting because of an uncaught error', {
      error: describeUnknown(error),
      remedy: 'This is a bug in the bridge: report it, and include this log line.',
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

/** Ends the process on a signal: after draining on the first signal, immediately on a second one. */
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
    log(
      'INFO',
      `${signal}: the bridge accepts no new connections; responses in progress have ${drainSeconds} s to finish`,
    );
    void server.drain().finally(async () => {
      log('INFO', 'ended');
      await log.end();
      process.exit(0);
    });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
