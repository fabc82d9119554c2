// Simulates an upstream that responds slowly, partially, in an invalid format, or not at all.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetConnection } from '../../src/runtime/reset-connection.ts';
import type { Reply } from '../support/http-request.ts';
import { SAYINGS } from './upstream-responses.ts';
import type { Said, Saying, UpstreamName } from './upstream-responses.ts';
import type { UpstreamFault } from './upstream-faults.ts';

interface Exchange {
  readonly upstream: UpstreamName;
  readonly fault: UpstreamFault;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The TCP connection below TLS, if TLS is used. */
  readonly connection: Socket | undefined;
  /** Forwards the request to the real upstream. */
  readonly passOn: () => Promise<Reply>;
}

const SAID: Readonly<Partial<Record<UpstreamFault, Saying>>> = {
  refuses: 'refuses',
  fails: 'fails',
  throttles: 'throttles',
  'knows-nothing': 'knows nothing',
};

/**
 * The interval between two pieces of a slow response. At this rate, S3's body takes longer than the stall limit, but arrives
 * complete.
 */
const DRIP_MS = 500;
const DRIPS_OF_S3 = 8;

/** How long to wait before resetting a connection. An immediate reset could discard bytes that are still being sent. */
const ARRIVAL_MS = 100;

const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

const PAGE = '<!DOCTYPE html><html><title>Welcome</title><p>Sign in to use this network.</p></html>\n';

export async function sendFailing(exchange: Exchange): Promise<void> {
  const { upstream, fault, request, response, connection } = exchange;
  const saying = SAID[fault];
  if (saying !== undefined) {
    say(response, SAYINGS[upstream][saying]);
    return;
  }
  switch (fault) {
    case 'hang':
      return;
    case 'reset':
      if (connection !== undefined) resetConnection(connection);
      return;
    case 'garbage':
      request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n');
      return;
    case 'page':
      say(response, { status: 200, headers: { 'content-type': 'text/html' }, body: PAGE });
      return;
    default:
      await sendInPart(exchange);
  }
}

/** Sends the upstream's response unchanged. */
export function forward(reply: Reply, response: ServerResponse): void {
  begin(response, reply, reply.body.length);
  response.end(reply.body);
}

/** Omits hop-by-hop headers (RFC 9110, 7.6.1), which describe only the connection to the sandbox. */
function begin(response: ServerResponse, { status, headers }: Reply, length: number): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !OF_CONNECTION.has(name)) response.setHeader(name, value);
  }
  response.writeHead(status, { 'content-length': length });
}

function say(response: ServerResponse, { status, headers, body }: Said): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** Sends the upstream's response truncated, too long, or too slowly. */
async function sendInPart({
  upstream,
  fault,
  request,
  response,
  connection,
  passOn,
}: Exchange): Promise<void> {
  const reply = await passOn();
  const { length } = reply.body;
  const promised = { short: Math.floor(length / 2), long: length + 10 }[fault as string] ?? length;
  begin(response, reply, promised);
  response.flushHeaders();
  // A range request that resumes the download gets no bytes, so retries make no progress.
  const half = request.headers.range === undefined ? Math.floor(length / 2) : 0;
  switch (fault) {
    case 'hang-midway':
      response.write(reply.body.subarray(0, half));
      return;
    case 'reset-midway':
      response.write(reply.body.subarray(0, half));
      await sleep(ARRIVAL_MS);
      if (connection !== undefined) resetConnection(connection);
      return;
    case 'drip': {
      const drop = upstream === 's3' ? Math.ceil(length / DRIPS_OF_S3) : 1;
      for (let at = 0; at < length && !response.destroyed; at += drop) {
        response.write(reply.body.subarray(at, at + drop));
        await sleep(DRIP_MS);
      }
      response.end();
      return;
    }
    case 'long':
      response.write(reply.body);
      response.socket?.destroySoon();
      return;
    default:
      response.end(reply.body);
  }
}
