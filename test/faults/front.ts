// Stands before one supplier of the sandbox, under a name of its own and by TLS where the supplier is asked so, and passes requests
// on until it is told to fail.
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
import { forward, sendFailing } from './failing-answer.ts';
import type { SupplierName } from './supplier-answers.ts';
import { BEFORE_REQUESTS } from './supplier-fault.ts';
import type { SupplierFault } from './supplier-fault.ts';

/** Of the requests to a supplier, those that are meant; by the body. */
export type Meant = (body: string) => boolean;

export interface Strike {
  readonly fault: SupplierFault;
  readonly meant: Meant;
  /** What there is no request of strikes as soon as these have been answered; absent: at once. */
  readonly after?: Meant;
}

export interface Front {
  /** What the bridge is told. */
  readonly origin: string;
  /** In the place of what struck before. */
  strike(strike: Strike | undefined): Promise<void>;
  /** Requests that came so far, of those that are meant, and attempts to connect, of any. */
  asked(meant: Meant): Promise<{ readonly requests: number; readonly connections: number }>;
  close(): Promise<void>;
}

/** Below the ports that systems give to programs that listen on any port. */
const PORTS = { first: 20_000, last: 32_000 };

/** @param options.authority absent: plain HTTP */
export async function startFront(options: {
  readonly supplier: SupplierName;
  readonly host: string;
  /** The sandbox's origin. */
  readonly behind: string;
  readonly names: FakedNames;
  readonly authority: Authority | undefined;
}): Promise<Front> {
  const { supplier, host, behind, names, authority } = options;
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
      await sendFailing({ supplier, fault: strike.fault, request, response, connection, passOn });
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

  /** @param spared where the answer before is still to go out */
  const begin = async (fault: SupplierFault, spared?: Socket): Promise<void> => {
    // Whoever remembers an address comes no further by it.
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
  // A front does not listen while it refuses connections, so its port must not be one that the system gives to others.
  while (!server.listening) {
    port = randomInt(PORTS.first, PORTS.last);
    await listen().catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    });
  }
  // Where the bridge does not start, nobody closes it.
  server.unref();
  return {
    origin: `${authority === undefined ? 'http' : 'https'}://${host}:${port}`,
    strike: async (strike) => {
      // First, so that nothing slips through between two of them.
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
