// The bridge on its ports: what a connection may cost, listening, reloading, and draining until the last stream has ended.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/types.ts';
import type { Log } from '../observability/log.ts';
import { createBridge } from './bridge.ts';
import type { Bridge } from './bridge.ts';
import { boundConnections, boundMetricsConnections } from './connection-limit.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import type { RoleAccess } from './role-access.ts';

/** Google's front ends reuse connections for 600 s (Cloud Load Balancing, "Timeouts and retries"): they must close first. */
const KEEP_ALIVE_MS = 620_000;

/** Tokens are below 2 KiB, and S3 clients send them beside their own signature. */
const MAX_HEADER_BYTES = 16 * 1024;

/** For the first byte of a first request, and for all of its headers, whatever trickles in: what is sent at once is one segment or a few. */
const HEADERS_MS = 15_000;
/** A body is refused and discarded; a caller that sends one slowly, or for long, has its response by now. */
const REQUEST_MS = 20_000;
const CHECKED_EVERY_MS = 5_000;

/** How often, while draining, connections are looked at that have become idle. */
const SWEEP_MS = 50;
/** A server says that it is closed before its sockets do, and the log lines of aborted responses come with the sockets. */
const LAST_LINES_MS = 10;

const LIMITS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  connectionsCheckingInterval: CHECKED_EVERY_MS,
  // Stated, because an option of Node inverts the default.
  insecureHTTPParser: false,
  // The bridge checks it: Node's own refusal has no log line and no request ID.
  requireHostHeader: false,
};

export interface BridgeServer {
  /** @throws the listening socket's error, with a fix in its message */
  listen(): Promise<{ readonly port: number; readonly metricsPort: number | undefined }>;
  /** Serves new requests by another configuration; those in progress end as they began. */
  change(config: Config): void;
  /** What new requests are served by. */
  config(): Config;
  /** Takes no new connections, and aborts what still runs after `limits.drain`. Resolves when all connections have ended. */
  drain(): Promise<void>;
  /** Aborts all responses in progress, at once and so that callers see it. */
  abortAll(): void;
}

/** @param options.guard stands before the bridge's listener; nothing by default */
export function createBridgeServer(options: {
  readonly config: Config;
  readonly log: Log;
  /** Called first, and again for a configuration with another identity or STS. */
  readonly roleAccessFor: (config: Config) => RoleAccess;
  readonly lag: EventLoopLag;
  readonly guard?: (listener: RequestListener) => RequestListener;
}): BridgeServer {
  const { log, guard = (listener: RequestListener) => listener } = options;
  let { config } = options;
  const bridge = createBridge(options);
  const dataServer = serverFor(guard(bridge.listener), bridge);
  const metricsServer = createServer(LIMITS, bridge.metricsListener);
  const servers = [dataServer, metricsServer];
  return {
    listen: async () => {
      const { listen } = config;
      try {
        const port = await listening(dataServer, listen, { host: 'FEDBRIDGE_HOST', port: 'PORT or --port' });
        boundConnections(dataServer, log, {
          inFlight: () => config.limits.inFlight,
          isResponding: bridge.isResponding,
        });
        const metricsPort = await listenForMetrics(metricsServer, listen, log);
        log('INFO', `listening on http://${listen.host}:${port}`, {
          port,
          metricsPort,
          metricsHost: listen.metrics?.host,
        });
        return { port, metricsPort };
      } catch (error) {
        // Half a bridge would go on serving, with nobody to end it.
        dataServer.close();
        bridge.close();
        throw error;
      }
    },
    change: (next) => {
      bridge.change(next);
      config = next;
    },
    config: () => config,
    drain: async () => {
      bridge.startDraining();
      const abort = setTimeout(() => {
        bridge.abortAll();
        for (const server of servers) server.closeAllConnections();
      }, config.limits.drainSeconds * 1000);
      // A client that keeps its connection would otherwise hold the process after its last response.
      const sweep = setInterval(() => {
        for (const server of servers) server.closeIdleConnections();
      }, SWEEP_MS);
      await Promise.all(servers.map(closed));
      await sleep(LAST_LINES_MS);
      clearTimeout(abort);
      clearInterval(sweep);
      bridge.close();
    },
    abortAll: bridge.abortAll,
  };
}

function serverFor(listener: RequestListener, { malformed }: Bridge): Server {
  const server = createServer(LIMITS, listener);
  server.on('checkContinue', (request, response) => {
    // Some clients wait for it for ever, even without a body (JDK-8286171). To other methods the response is 405, and no body is sent.
    if (request.method === 'GET' || request.method === 'HEAD') response.writeContinue();
    listener(request, response);
  });
  // Other expectations are ignored.
  server.on('checkExpectation', listener);
  return server.on('clientError', malformed.onError).on('connect', malformed.onConnect);
}

/** @returns its port; undefined if metrics have no port of their own */
async function listenForMetrics(
  server: Server,
  { metrics, reusePort }: Config['listen'],
  log: Log,
): Promise<number | undefined> {
  if (metrics === undefined) return undefined;
  const variables = { host: 'FEDBRIDGE_METRICS_HOST', port: 'FEDBRIDGE_METRICS_PORT' };
  const port = await listening(server, { ...metrics, reusePort }, variables);
  boundMetricsConnections(server, log);
  return port;
}

/** @param variables that set its address and its port, for an error's fix */
function listening(
  server: Server,
  { host, port, reusePort }: Pick<Config['listen'], 'host' | 'port' | 'reusePort'>,
  variables: { readonly host: string; readonly port: string },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fixFor = (code = 'error'): string => {
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return `this machine has no such address. Set ${variables.host} to one that it has.`;
    const cause = code === 'EADDRINUSE' ? 'another process has it: stop that, or' : `${code}:`;
    return `${cause} choose another port with ${variables.port}.`;
  };
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    reject(new Error(`Cannot listen on ${host}:${port}: ${fixFor(code)}`));
  };
  server.once('error', onError);
  server.listen({ port, host, reusePort }, () => {
    // Later errors have a listener of their own.
    server.off('error', onError);
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}

function closed(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => {
    resolve(undefined);
  });
  return promise;
}
