// `fedbridge serve`: the bridge itself, from listening until the last stream has been given its time to finish.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBridge } from '../bridge.ts';
import type { Bridge } from '../bridge.ts';
import { readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { describeUnknown } from '../fault.ts';
import { createLog } from '../log.ts';
import type { Log } from '../log.ts';
import { createRoleAccess } from '../role-access.ts';
import { askMfaCode } from './ask-mfa-code.ts';
import { reloadOnHangup, tellWarnings } from './reload.ts';

/** Google's front ends reuse connections for 600 s (Cloud Load Balancing, "Timeouts and retries"): they must close first. */
const KEEP_ALIVE_MS = 620_000;

/** Tokens are below 2 KiB, and S3 clients send them beside their own signature. */
const MAX_HEADER_BYTES = 16 * 1024;

/** How often, after a signal, connections are looked at that have become idle. */
const SWEEP_MS = 50;
/** A server says that it is closed before its sockets do, and the lines of cut answers come with the sockets. */
const LAST_LINES_MS = 10;

/**
 * Resolves when listening. The process then ends by itself: on SIGTERM or SIGINT with 0, on a second signal at once.
 * @throws ConfigError, and the listening socket's own error with a remedy in its message
 */
export async function serve(): Promise<{ readonly port: number }> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  tellWarnings(log, config);
  const roleAccess = createRoleAccess(config, askMfaCode);
  await roleAccess.prepare();
  const bridge = createBridge(config, log, (given) =>
    given === config ? roleAccess : createRoleAccess(given, askMfaCode),
  );
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES },
    bridge.listener,
  );
  // Who asks before it sends a body is told 405 instead of being asked for it.
  server.on('checkContinue', bridge.listener);
  const metricsServer = createServer(bridge.metricsListener);
  const { listen } = config;
  let port: number;
  let metricsPort: number | undefined;
  try {
    port = await listening(server, listen.port, listen, 'PORT');
    if (listen.metricsPort !== undefined)
      metricsPort = await listening(metricsServer, listen.metricsPort, listen, 'FEDBRIDGE_METRICS_PORT');
  } catch (error) {
    // Half a bridge would go on serving, with nobody to end it.
    server.close();
    bridge.close();
    throw error;
  }
  endOnFault(log);
  // Where a person looks on, SIGHUP is the terminal that closes.
  const current = process.stdout.isTTY ? () => config : reloadOnHangup(bridge, log, config);
  endOnSignal(log, [server, metricsServer], bridge, () => current().limits.drainSeconds);
  log('INFO', `listening on http://${listen.host}:${port}`, { port, metricsPort });
  return { port };
}

function listening(
  server: Server,
  port: number,
  { host, reusePort }: Config['listen'],
  variable: string,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    const remedy =
      error.code === 'EADDRINUSE' ? 'another process has it: stop that, or' : `${error.code ?? 'error'}:`;
    reject(new Error(`Cannot listen on ${host}:${port}: ${remedy} choose another port with ${variable}.`));
  });
  server.listen({ port, host, reusePort }, () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}

/** After an error that nobody caught nothing can be trusted: the platform starts a new process. */
function endOnFault(log: Log): void {
  const end = (error: unknown): void => {
    log('CRITICAL', 'the process ends: an error that nobody caught', {
      error: describeUnknown(error),
      remedy: 'This is a bug of the bridge: report it with this line.',
    });
    log.flush();
    process.exit(1);
  };
  process.once('uncaughtException', end);
  process.once('unhandledRejection', end);
}

function endOnSignal(
  log: Log,
  servers: readonly Server[],
  bridge: Bridge,
  drainSecondsNow: () => number,
): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(1);
    ending = true;
    const drainSeconds = drainSecondsNow();
    log('INFO', `${signal}: no new connections; streams have ${drainSeconds} s to finish`);
    const cut = setTimeout(() => {
      bridge.startCutting();
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
