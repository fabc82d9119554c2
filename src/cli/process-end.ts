// The end of the process: on a signal once streams have had their time, on an error that nobody caught at once.
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bridge } from '../server/bridge.ts';
import { describeUnknown } from '../errors/fault.ts';
import type { Log } from '../observability/log.ts';

/** How often, after a signal, connections are looked at that have become idle. */
const SWEEP_MS = 50;
/** A server says that it is closed before its sockets do, and the lines of cut answers come with the sockets. */
const LAST_LINES_MS = 10;

/**
 * After an error that nobody caught nothing can be trusted: the platform starts a new process.
 * @returns takes what cuts the answers under way, once there is a bridge that gives any
 */
export function endOnFault(log: Log): (cutAll: () => void) => void {
  let cutAll = (): void => undefined;
  const end = (error: unknown): void => {
    log('CRITICAL', 'the process ends: an error that nobody caught', {
      error: describeUnknown(error),
      fix: 'This is a bug of the bridge: report it with this line.',
    });
    try {
      cutAll();
    } finally {
      log.flush();
      process.exit(1);
    }
  };
  process.once('uncaughtException', end);
  process.once('unhandledRejection', end);
  return (cut) => (cutAll = cut);
}

/** On a second signal at once. @param drainSecondsNow as the configuration says when the signal comes */
export function endOnSignal(
  log: Log,
  servers: readonly Server[],
  bridge: Bridge,
  drainSecondsNow: () => number,
): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) {
      bridge.abortAll();
      setTimeout(() => {
        log.flush();
        process.exit(1);
      }, LAST_LINES_MS);
      return;
    }
    ending = true;
    bridge.startDraining();
    const drainSeconds = drainSecondsNow();
    log('INFO', `${signal}: no new connections; streams have ${drainSeconds} s to finish`);
    const cut = setTimeout(() => {
      bridge.abortAll();
      for (const server of servers) server.closeAllConnections();
    }, drainSeconds * 1000);
    // A client that keeps its connection would otherwise hold the process after its last answer.
    const sweep = setInterval(() => {
      for (const server of servers) server.closeIdleConnections();
    }, SWEEP_MS);
    const closed = servers.map((server) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      server.close(() => {
        resolve(undefined);
      });
      return promise;
    });
    void Promise.all(closed)
      .then(() => sleep(LAST_LINES_MS))
      .then(bridge.close)
      .finally(async () => {
        clearTimeout(cut);
        clearInterval(sweep);
        log('INFO', 'ended');
        await log.end();
        process.exit(0);
      });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
