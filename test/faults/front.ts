// A reverse proxy in front of one of the sandbox's upstreams, with its own host name. The proxy uses TLS if the real upstream
// does, and forwards requests until a test makes it fail.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlain } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { request as ask } from '../support/http-request.ts';
import type { Authority } from './certificates.ts';
import type { FakedNames } from './faked-names.ts';
import { forward, sendFailing } from './failing-response.ts';
import type { UpstreamName } from './upstream-responses.ts';
import { BEFORE_REQUESTS } from './upstream-faults.ts';
import type { UpstreamFault } from './upstream-faults.ts';

/** Whether a fault applies to a request with this body. */
export type Meant = (body: string) => boolean;

export interface Strike {
  readonly fault: UpstreamFault;
  readonly meant: Meant;
  /**
   * If this function is set, a connection fault begins after the response to a request that the function selects. Otherwise,
   * the fault begins immediately.
   */
  readonly after?: Meant;
}

export interface Front {
  /** The origin of this proxy, which the bridge uses instead of the upstream's. */
  readonly origin: string;
  /** Replaces the current fault. */
  strike(strike: Strike | undefined): Promise<void>;
  /** Returns the number of matching requests and of all connection attempts so far. */
  asked(meant: Meant): Promise<{ readonly requests: number; readonly connections: number }>;
  close(): Promise<void>;
}

/** Ports below the operating system's range of ephemeral ports. */
const PORTS = { first: 20_000, last: 32_000 };

/** @param options.authority issues the front's certificate; undefined for plain HTTP */
export async function startFront(options: {
  readonly upstream: UpstreamName;
  readonly host: string;
  /** The sandbox's origin. */
  readonly behind: string;
  readonly names: FakedNames;
  readonly authority: Authority | undefined;
}): Promise<Front> {
  const { upstream, host, behind, names, authority } = options;
  const connections = new Map<number | undefined, Socket>();
  const bodies: string[] = [];
  let current: Strike | undefined;
  let port = 0;
  let silent = false;

  const server = createServer((socket) => {
    const { remotePort } = socket;
    connections.set(remotePort, socket);
    socket.on('error', () => undefined).once('close', () => connections.delete(remotePort));
    if (!silent) http.emit('connection', socket);
  });
  const listen = async (): Promise<void> => {
    server.listen({ port, host: '127.0.0.1', backlog: 256 });
    await once(server, 'listening');
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const connection = connections.get(request.socket.remotePort);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = body.toString();
    bodies.push(text);
    const strike = current;
    const headers = request.headers as Record<string, string>;
    const passOn = () => ask(behind, request.url ?? '/', { method: request.method ?? 'GET', headers, body });
    if (strike !== undefined && !BEFORE_REQUESTS.has(strike.fault) && strike.meant(text)) {
      await sendFailing({ upstream, fault: strike.fault, request, response, connection, passOn });
      return;
    }
    const reply = await passOn();
    const isTurn = strike?.after?.(text) === true && BEFORE_REQUESTS.has(strike.fault);
    if (isTurn) await begin(strike.fault, connection);
    if (isTurn) response.shouldKeepAlive = false;
    forward(reply, response);
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    respond(request, response).catch(() => response.destroy());
  };
  const secure = authority === undefined ? undefined : createSecure(authority.good, answer);
  const http = secure ?? createPlain(answer);

  /** @param spared a connection to keep open, because a response on it is incomplete */
  const begin = async (fault: UpstreamFault, spared?: Socket): Promise<void> => {
    // For `no-name`, the front must also stop listening, because the bridge may have cached the address.
    if (fault === 'refused' || fault === 'no-name') server.close();
    silent = fault === 'unanswered';
    if (fault === 'no-name') await names.lead(host, 'nowhere');
    if (fault === 'unanswered') await names.lead(host, 'to nobody who answers');
    if (authority !== undefined && fault === 'other-name') secure?.setSecureContext(authority.ofAnotherName);
    if (authority !== undefined && fault === 'expired') secure?.setSecureContext(authority.expired);
    if (authority !== undefined && fault === 'self-signed') secure?.setSecureContext(authority.selfSigned);
    for (const socket of connections.values()) if (socket !== spared) socket.destroy();
  };
  const mend = async (): Promise<void> => {
    silent = false;
    await names.lead(host, 'here');
    if (authority !== undefined) secure?.setSecureContext(authority.good);
    for (const socket of connections.values()) socket.destroy();
    if (!server.listening) await listen();
  };
  // While the front refuses connections, its port is free. An ephemeral port could be assigned to a different program in the
  // meantime.
  while (!server.listening) {
    port = randomInt(PORTS.first, PORTS.last);
    await listen().catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    });
  }
  // If the bridge does not start, nothing closes this server, so the server must not keep the process alive.
  server.unref();
  return {
    origin: `${authority === undefined ? 'http' : 'https'}://${host}:${port}`,
    strike: async (strike) => {
      // This must be set before the first `await`, so that the fault applies to the next request.
      current = strike;
      await mend();
      if (strike !== undefined && BEFORE_REQUESTS.has(strike.fault) && strike.after === undefined)
        await begin(strike.fault);
    },
    asked: async (meant) => ({
      requests: bodies.filter(meant).length,
      connections: await names.asked(host),
    }),
    close: async () => {
      current = undefined;
      await mend();
      server.close();
      for (const socket of connections.values()) socket.destroy();
    },
  };
}
