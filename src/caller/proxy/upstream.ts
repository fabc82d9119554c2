// Sends the proxy's requests to the bridge over HTTP/1.1, and streams bodies with back-pressure in both directions.
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { Fault } from '../../errors/fault.ts';
import { hasBody, requestHeaders } from './forwarded-headers.ts';

export interface Upstream {
  /**
   * @param exchange.response the response to the client; if it closes early, the request to the bridge is aborted
   * @returns the bridge's response, whose body must be read or destroyed. @throws Fault proxy_upstream_…
   */
  send(exchange: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly token: string;
  }): Promise<IncomingMessage>;
  close(): void;
}

type Exchange = Parameters<Upstream['send']>[0];

/**
 * The maximum number of idle connections that are kept for later requests. One client's parallel downloads rarely need more
 * connections.
 */
const MOST_IDLE = 32;

/**
 * @param options.origin scheme, host and port of the bridge
 * @param options.stallMs the maximum time for which the bridge may neither send nor accept data while a client waits
 */
export function upstreamAt(options: { readonly origin: string; readonly stallMs: number }): Upstream {
  const url = new URL(options.origin);
  const client = url.protocol === 'https:' ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE });
  const target = {
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    // This option is set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED can change the default.
    rejectUnauthorized: true,
    timeout: options.stallMs,
  };

  const attempt = (exchange: Exchange, onNewConnection: boolean): Promise<IncomingMessage> => {
    const { request, response, token } = exchange;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = client.request({
      ...target,
      method: request.method,
      path: request.url,
      headers: requestHeaders(request, { host: url.host, token }),
      agent: onNewConnection ? false : agent,
    });
    const onClosed = (): void => {
      if (!response.writableFinished) outgoing.destroy();
    };
    outgoing.on('timeout', () => {
      // If the client is slow, the bridge is not stalled, so the timeout starts again.
      if (response.writableNeedDrain || (!request.complete && !outgoing.writableNeedDrain))
        outgoing.setTimeout(options.stallMs);
      else outgoing.destroy(new Fault('proxy_upstream_timeout'));
    });
    outgoing.on('response', resolve);
    // This listener is never removed, because an error can occur even after the response, for example while a body is being
    // uploaded.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      response.off('close', onClosed);
      // The bridge may close an idle connection just as the proxy reuses the connection. A request without a body is then sent
      // again.
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      if (isStale && !hasBody(request) && !response.destroyed) resolve(attempt(exchange, true));
      else reject(faultOf(error));
    });
    response.on('close', onClosed);
    if (hasBody(request)) request.pipe(outgoing);
    else outgoing.end();
    return promise;
  };
  return {
    send: (exchange) => attempt(exchange, false),
    close: () => {
      agent.destroy();
    },
  };
}

function faultOf(error: NodeJS.ErrnoException): Fault {
  if (error instanceof Fault) return error;
  const { code = 'unknown' } = error;
  const fault = code.startsWith('HPE_') ? 'proxy_upstream_invalid_response' : 'proxy_upstream_unreachable';
  return new Fault(fault, { error: code }, `(${code})`);
}
