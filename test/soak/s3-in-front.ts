// A reverse proxy in front of the sandbox's S3 that injects the scheduled faults and forwards all other requests unchanged.
import { once } from 'node:events';
import { Agent, createServer, request as ask } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetConnection } from '../../src/runtime/reset-connection.ts';
import type { PlannedStrike, Strike } from './inject-fault.ts';

export interface S3InFront {
  readonly origin: string;
  /** The faults injected into each caller request, by the bridge's request ID. */
  readonly struck: ReadonlyMap<string, readonly Strike['how'][]>;
  /** Turns all faults on or off. */
  strikes(on: boolean): void;
  /** Sets whether every new connection is dropped. */
  refuses(on: boolean): void;
  /** Sets whether one byte of each object's body is changed, to test that a soak detects the change. */
  liesFrom(now: boolean): void;
  dropIdleConnections(): void;
  /** Describes the last request on each of the bridge's open connections, and that request's outcome. */
  connections(): readonly string[];
  close(): void;
}

const PLAN_ID = /(?:"|%22)plan-(\d+)(?:"|%22)/;
const REQUEST_ID = /fedbridge \(([^)]+)\)/;
const DRIP_MS = 20;
/** The number of request IDs to remember. It is much higher than a soak's number of concurrent requests. */
const REMEMBERED = 2_000;

/** @param strikeOf returns the fault for the plan with this ID */
export async function startS3InFront(
  s3: string,
  strikeOf: (plan: number) => PlannedStrike | undefined,
): Promise<S3InFront> {
  const { hostname, port } = new URL(s3);
  const agent = new Agent({ keepAlive: true });
  const struck = new Map<string, Strike['how'][]>();
  const plans = new Map<string, number>();
  const sockets = new Map<Socket, string>();
  let [striking, refusing, lying] = [true, false, false];

  const due = (request: IncomingMessage, requestId: string): PlannedStrike | undefined => {
    const { 'if-none-match': noneMatch = '', 'if-match': match = '' } = request.headers;
    const named = PLAN_ID.exec(`${noneMatch} ${match} ${request.url ?? ''}`)?.[1];
    // A retry may have no ETag conditions, so its plan is found by request ID.
    const plan = named === undefined ? plans.get(requestId) : Number(named);
    if (plan === undefined) return undefined;
    plans.set(requestId, plan);
    for (const oldest of plans.keys()) {
      if (plans.size <= REMEMBERED) break;
      plans.delete(oldest);
    }
    const planned = striking ? strikeOf(plan) : undefined;
    const before = struck.get(requestId)?.length ?? 0;
    return planned !== undefined && before < planned.times ? planned : undefined;
  };

  const pass = async (
    request: IncomingMessage,
    response: ServerResponse,
    strike: Strike | undefined,
    note: () => void,
  ): Promise<void> => {
    const upstream = ask({
      hostname,
      port,
      agent,
      method: request.method,
      path: request.url,
      setHost: false,
      headers: request.rawHeaders,
    });
    response.once('close', () => upstream.destroy());
    upstream.end();
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
    const length = Number(answer.headers['content-length'] ?? 0);
    const hasBody = request.method === 'GET' && answer.statusCode !== undefined && answer.statusCode < 300;
    const shape = hasBody && length > 0 ? strike : undefined;
    response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
    const limit = shape !== undefined && 'share' in shape ? Math.floor(length * shape.share) : Infinity;
    if (limit !== Infinity || shape?.how === 'drip') note();
    let sent = 0;
    if (limit === 0) response.flushHeaders();
    else
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        if (lying && hasBody && request.url?.includes('list-type') === false) chunk[0] = (chunk[0] ?? 0) ^ 1;
        const piece = chunk.subarray(0, limit - sent);
        sent += piece.length;
        await written(response, piece, shape?.how === 'drip' ? length / shape.seconds : Infinity);
        if (sent >= limit) break;
      }
    if (limit === Infinity) response.end();
    else if (shape?.how === 'cut') response.socket?.destroySoon();
    else if (shape?.how === 'cut-by-reset') resetConnection(request.socket);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = REQUEST_ID.exec(request.headers['user-agent'] ?? '')?.[1] ?? '';
    const strike = due(request, requestId)?.strike;
    const asked = `${request.method} ${request.url} ${requestId} ${JSON.stringify(strike ?? 'no fault')}`;
    sockets.set(request.socket, asked);
    response.once('close', () => {
      const end = response.writableFinished ? 'complete' : 'aborted';
      if (sockets.has(request.socket)) sockets.set(request.socket, `${asked}, ${end}`);
    });
    const note = (): void => {
      if (strike !== undefined) struck.set(requestId, [...(struck.get(requestId) ?? []), strike.how]);
    };
    switch (strike?.how) {
      case 'reset':
        note();
        resetConnection(request.socket);
        return;
      case 'hang':
        note();
        return;
      case 'nonsense':
        note();
        request.socket.end('what is this\r\n\r\n');
        return;
      case 'gateway':
        note();
        response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
        return;
      case 'refusal':
        note();
        response
          .writeHead(strike.status, { 'content-type': 'application/xml', 'x-amz-request-id': 'SOAK' })
          .end(request.method === 'HEAD' ? undefined : `<Error><Code>${strike.code}</Code></Error>`);
        return;
      case 'delay':
        note();
        await sleep(strike.milliseconds);
        break;
      default:
    }
    await pass(request, response, strike, note);
  };

  const server = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 65_536 }, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => {
    if (refusing) resetConnection(socket);
    sockets.set(socket, 'nothing');
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    struck,
    strikes: (on) => (striking = on),
    refuses: (on) => {
      refusing = on;
      if (on) for (const socket of sockets.keys()) resetConnection(socket);
    },
    liesFrom: (now) => (lying = now),
    dropIdleConnections: () => {
      server.closeIdleConnections();
      agent.destroy();
    },
    connections: () => [...sockets.values()],
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** Resolves when more data can be written; rejects if the bridge has disconnected. */
async function written(response: ServerResponse, piece: Buffer, bytesPerSecond: number): Promise<void> {
  const drop = Math.max(1, Math.min(piece.length, Math.floor((bytesPerSecond * DRIP_MS) / 1000)));
  for (let start = 0; start < piece.length; start += drop) {
    if (response.destroyed) throw new Error('the bridge has disconnected');
    if (!response.write(piece.subarray(start, start + drop))) {
      const left = new AbortController();
      const gone = (): void => {
        left.abort();
      };
      response.once('close', gone);
      await once(response, 'drain', { signal: left.signal });
      response.off('close', gone);
    }
    if (bytesPerSecond !== Infinity) await sleep(DRIP_MS);
  }
}
