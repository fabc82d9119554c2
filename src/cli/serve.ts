// `fedbridge serve`: the bridge itself, from listening until the last stream has been given its time to finish.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createBridge } from '../server/bridge.ts';
import type { Bridge } from '../server/bridge.ts';
import { readConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { createLog } from '../observability/log.ts';
import { createRoleAccess } from '../server/role-access.ts';
import { boundConnections, boundMetricsConnections } from '../server/connection-limit.ts';
import { askMfaCode } from './ask-mfa-code.ts';
import { endOnFault, endOnSignal } from './process-end.ts';
import { reloadOnHangup, logWarnings } from './reload.ts';

/** Google's front ends reuse connections for 600 s (Cloud Load Balancing, "Timeouts and retries"): they must close first. */
const KEEP_ALIVE_MS = 620_000;

/** Tokens are below 2 KiB, and S3 clients send them beside their own signature. */
const MAX_HEADER_BYTES = 16 * 1024;

/** For the first byte of a first request, and for all of its headers, whatever trickles in: what is sent at once is one segment or a few. */
const HEADERS_MS = 15_000;
/** A body is refused and passed over; who sends one slowly, or for long, has its answer by now. */
const REQUEST_MS = 20_000;
const CHECKED_EVERY_MS = 5_000;

const LIMITS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  connectionsCheckingInterval: CHECKED_EVERY_MS,
  // Stated, as Node has an option that turns the default around.
  insecureHTTPParser: false,
  // The bridge asks for it itself: Node's own refusal has no line and no ID.
  requireHostHeader: false,
};

/**
 * @param guard stands before the bridge's listener; nothing by default
 * @returns when it listens. The process then ends by itself: on SIGTERM or SIGINT with 0, on a second signal at once.
 * @throws ConfigError, and the listening socket's own error with a remedy in its message
 */
export async function serve(
  guard: (listener: RequestListener) => RequestListener = (listener) => listener,
): Promise<{ readonly port: number }> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  const cutAtFault = endOnFault(log);
  logWarnings(log, config);
  const roleAccess = createRoleAccess(config, askMfaCode);
  await roleAccess.prepare();
  const bridge = createBridge(config, log, (given) =>
    given === config ? roleAccess : createRoleAccess(given, askMfaCode),
  );
  cutAtFault(bridge.abortAll);
  const server = serverOf(guard(bridge.listener), bridge);
  const metricsServer = createServer(LIMITS, bridge.metricsListener);
  // Where a person looks on, SIGHUP is the terminal that closes.
  const current = process.stdout.isTTY ? () => config : reloadOnHangup(bridge, log, config);
  // Before it listens: whoever is told to end in its first moment must not go on to serve.
  endOnSignal(log, [server, metricsServer], bridge, () => current().limits.drainSeconds);
  const { listen } = config;
  const { metrics, reusePort } = listen;
  let port: number;
  let metricsPort: number | undefined;
  try {
    port = await listening(server, listen, { host: 'FEDBRIDGE_HOST', port: 'PORT' });
    boundConnections(server, log, {
      inFlight: () => current().limits.inFlight,
      isResponding: bridge.isResponding,
    });
    if (metrics !== undefined) {
      metricsPort = await listening(
        metricsServer,
        { ...metrics, reusePort },
        { host: 'FEDBRIDGE_METRICS_HOST', port: 'FEDBRIDGE_METRICS_PORT' },
      );
      boundMetricsConnections(metricsServer, log);
    }
  } catch (error) {
    // Half a bridge would go on serving, with nobody to end it.
    server.close();
    bridge.close();
    throw error;
  }
  log('INFO', `listening on http://${listen.host}:${port}`, {
    port,
    metricsPort,
    metricsHost: metrics?.host,
  });
  return { port };
}

function serverOf(listener: RequestListener, { malformed }: Bridge): Server {
  const server = createServer(LIMITS, listener);
  // Who asks before it sends a body is told 405 instead of being asked for it; who expects anything else is served without.
  server.on('checkContinue', listener).on('checkExpectation', listener);
  return server.on('clientError', malformed.onError).on('connect', malformed.onConnect);
}

/** @param variables that set its address and its port, for an error's remedy */
function listening(
  server: Server,
  { host, port, reusePort }: Pick<Config['listen'], 'host' | 'port' | 'reusePort'>,
  variables: { readonly host: string; readonly port: string },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const remedyOf = (code = 'error'): string => {
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return `this machine has no such address. Set ${variables.host} to one that it has.`;
    const cause = code === 'EADDRINUSE' ? 'another process has it: stop that, or' : `${code}:`;
    return `${cause} choose another port with ${variables.port}.`;
  };
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    reject(new Error(`Cannot listen on ${host}:${port}: ${remedyOf(code)}`));
  };
  server.once('error', onError);
  server.listen({ port, host, reusePort }, () => {
    // What comes later is another's to hear.
    server.off('error', onError);
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}
