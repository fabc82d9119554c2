// `fedbridge serve`: the bridge itself, from listening until the last stream has been given its time to finish.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createBridge } from '../bridge.ts';
import { readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { warningsOf } from '../config/warnings.ts';
import { createLog } from '../log.ts';
import type { Log } from '../log.ts';

/** Google's front ends reuse connections for 600 s (Cloud Load Balancing, "Timeouts and retries"): they must close first. */
const KEEP_ALIVE_MS = 620_000;

/** Tokens are below 2 KiB, and S3 clients send them beside their own signature. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Resolves when listening. The process then ends by itself: on SIGTERM or SIGINT with 0, on a second signal at once.
 * @throws ConfigError, and the listening socket's own error with a remedy in its message
 */
export async function serve(): Promise<{ readonly port: number }> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  for (const { field, rule, remedy } of warningsOf(config))
    log('WARNING', `${field} ${rule}`, { field, remedy });
  const bridge = createBridge(config, log);
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES },
    bridge.listener,
  );
  const { host, reusePort, metricsPort } = config.listen;
  const port = await listening(server, config.listen.port, host, reusePort, 'PORT');
  const servers = [server];
  if (metricsPort !== undefined) {
    const metricsServer = createServer(bridge.metricsListener);
    await listening(metricsServer, metricsPort, host, reusePort, 'FEDBRIDGE_METRICS_PORT');
    servers.push(metricsServer);
  }
  endOnFault(log);
  endOnSignal(log, servers, config, bridge.close);
  log('INFO', `listening on http://${host}:${port}`, {
    port,
    ...(metricsPort === undefined ? {} : { metricsPort }),
  });
  return { port };
}

function listening(
  server: Server,
  port: number,
  host: string,
  reusePort: boolean,
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
      error: error instanceof Error ? (error.stack ?? error.name) : typeof error,
      remedy: 'This is a bug of the bridge: report it with this line.',
    });
    log.flush();
    process.exit(1);
  };
  process.once('uncaughtException', end);
  process.once('unhandledRejection', end);
}

function endOnSignal(log: Log, servers: readonly Server[], config: Config, close: () => Promise<void>): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(1);
    ending = true;
    log('INFO', `${signal}: no new connections; streams have ${config.limits.drainSeconds} s to finish`);
    const cut = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, config.limits.drainSeconds * 1000);
    const closed = servers.map((server) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      server.close(() => {
        resolve(undefined);
      });
      server.closeIdleConnections();
      return promise;
    });
    void Promise.all(closed)
      .then(close)
      .finally(() => {
        clearTimeout(cut);
        log('INFO', 'ended');
        log.flush();
        process.exit(0);
      });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
