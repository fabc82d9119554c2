// Runs the bridge's servers: sets limits per connection, listens, reloads, and drains until the last download has ended.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStsPath } from '../api/responses/error-format.ts';
import type { Config } from '../config/types.ts';
import type { Log } from '../observability/log.ts';
import type { Guard } from '../runtime/caller-exchange.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import { listenOn } from '../runtime/listen-on.ts';
import { createBridge } from './bridge.ts';
import type { Bridge, ConsolePage } from './bridge.ts';
import { boundConnections, boundMetricsConnections } from './connection-limit.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { serveHttp2 } from './http2/serve-http2.ts';
import type { RoleAccess } from './role-access.ts';

/**
 * How long an idle connection is kept. Google's front ends reuse connections for 600 s, and must close them before the bridge
 * does (Cloud Load Balancing, "Timeouts and retries").
 */
const KEEP_ALIVE_MS = 620_000;

/**
 * The maximum size of a request's headers. Tokens are shorter than 2 KiB. S3 clients send a token in addition to their own
 * signature.
 */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * The timeout for the first byte on a connection, and for each complete request head, so that a slow client cannot hold a
 * connection open.
 */
const HEADERS_MS = 15_000;
/**
 * The timeout for a complete request, including its body, which is discarded. By then, even a caller that sends its body slowly
 * has received its response.
 */
const REQUEST_MS = 20_000;
const CHECKED_EVERY_MS = 5_000;

/** How often idle connections are closed while draining. */
const SWEEP_MS = 50;
/**
 * The time to wait until aborted responses are logged. Aborted responses are logged when their sockets close, which is after the
 * server has closed.
 */
const LAST_LINES_MS = 10;

/**
 * The minimum time for sending the last traces, even if downloads have used all of `limits.drain`. Cloud Run allows 10 s for a
 * shutdown, so the default of 9 s leaves enough time.
 */
const LAST_TRACES_MS = 500;

const LIMITS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  connectionsCheckingInterval: CHECKED_EVERY_MS,
  // This option is set explicitly, because a Node option can change the default.
  insecureHTTPParser: false,
  // The bridge checks the Host header itself, because Node would reject a request without it, but would not log the request or
  // send a request ID.
  requireHostHeader: false,
};

export interface BridgeServer {
  /** @throws the listening socket's error, with a fix in its message */
  listen(): Promise<{ readonly port: number; readonly metricsPort: number | undefined }>;
  /** Uses a different configuration for new requests. Requests in progress keep their configuration. */
  change(config: Config): void;
  /** The configuration for new requests. */
  config(): Config;
  /**
   * Stops accepting connections, and aborts responses that are still in progress after `limits.drain`. Resolves when all
   * connections are closed.
   */
  drain(): Promise<void>;
  /** Aborts all responses in progress at once, so that none looks complete. */
  abortAll(): void;
}

/** @param options.guard wraps the bridge's listeners; default: no wrapper */
export function createBridgeServer(options: {
  readonly config: Config;
  readonly log: Log;
  /** Called for the first configuration, and again if a reload changes the settings for the identity or for AWS. */
  readonly roleAccessFor: (config: Config) => RoleAccess;
  readonly lag: EventLoopLag;
  /** The console's page; undefined for the bridge. */
  readonly console?: ConsolePage;
  readonly guard?: Guard;
}): BridgeServer {
  const { log, guard = unguarded } = options;
  let { config } = options;
  const bridge = createBridge(options);
  const dataServer = serverFor(guard(bridge.listener), bridge);
  const http2 = serveHttp2(dataServer, guard(bridge.streamListener), {
    maxHeaderBytes: MAX_HEADER_BYTES,
    firstRequestMs: HEADERS_MS,
    idleMs: KEEP_ALIVE_MS,
    log,
  });
  const metricsServer = createServer(LIMITS, bridge.metricsListener);
  const servers = [dataServer, metricsServer];
  return {
    listen: async () => {
      const { listen } = config;
      try {
        const port = await listenOn(dataServer, listen, { host: 'FEDBRIDGE_HOST', port: 'PORT or --port' });
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
        // If only the second port cannot be opened, the first one must be closed here, because nothing else would close it.
        dataServer.close();
        await bridge.close(0);
        throw error;
      }
    },
    change: (next) => {
      bridge.change(next);
      config = next;
    },
    config: () => config,
    drain: async () => {
      const drainMs = config.limits.drainSeconds * 1000;
      const elapsed = startElapsed();
      bridge.startDraining();
      http2.startDraining();
      const abort = setTimeout(() => {
        bridge.abortAll();
        http2.closeAll();
        for (const server of servers) server.closeAllConnections();
      }, drainMs);
      // Without this sweep, a client that keeps an idle connection open would keep the process alive.
      const sweep = setInterval(() => {
        for (const server of servers) server.closeIdleConnections();
      }, SWEEP_MS);
      await Promise.all(servers.map(closed));
      await sleep(LAST_LINES_MS);
      clearTimeout(abort);
      clearInterval(sweep);
      await bridge.close(Math.max(LAST_TRACES_MS, drainMs - elapsed()));
    },
    abortAll: bridge.abortAll,
  };
}

const unguarded: Guard = (listener) => listener;

function serverFor(listener: RequestListener, { malformed }: Bridge): Server {
  const server = createServer(LIMITS, listener);
  server.on('checkContinue', (request, response) => {
    // Some clients wait for the status 100 forever, even if they have no body to send (JDK-8286171). Requests that get a 405 need
    // no status 100.
    const { method = '', url } = request;
    if (['GET', 'HEAD'].includes(method) || isStsPath(url)) response.writeContinue();
    listener(request, response);
  });
  // Unknown values of the Expect header are ignored.
  server.on('checkExpectation', listener);
  return server.on('clientError', malformed.onError).on('connect', malformed.onConnect);
}

/** @returns the port for metrics; undefined if metrics have no separate port */
async function listenForMetrics(
  server: Server,
  { metrics, reusePort }: Config['listen'],
  log: Log,
): Promise<number | undefined> {
  if (metrics === undefined) return undefined;
  const variables = { host: 'FEDBRIDGE_METRICS_HOST', port: 'FEDBRIDGE_METRICS_PORT' };
  const port = await listenOn(server, { ...metrics, reusePort }, variables);
  boundMetricsConnections(server, log);
  return port;
}

function closed(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => {
    resolve(undefined);
  });
  return promise;
}
