// Answers one request as a supplier that fails: late, in part, in another form, or not at all.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetConnection } from '../../src/runtime/reset-connection.ts';
import type { Reply } from '../support/http-request.ts';
import { SAYINGS } from './supplier-answers.ts';
import type { Said, Saying, SupplierName } from './supplier-answers.ts';
import type { SupplierFault } from './supplier-fault.ts';

interface Exchange {
  readonly supplier: SupplierName;
  readonly fault: SupplierFault;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Below TLS, where there is that. */
  readonly connection: Socket | undefined;
  /** Asks the supplier itself. */
  readonly passOn: () => Promise<Reply>;
}

const SAID: Readonly<Partial<Record<SupplierFault, Saying>>> = {
  refuses: 'refuses',
  fails: 'fails',
  throttles: 'throttles',
  'knows-nothing': 'knows nothing',
};

/** Twice a second. S3's body lasts longer than a stall then, but not for ever; what others say must come whole. */
const DRIP_MS = 500;
const DRIPS_OF_S3 = 8;

/** For what was sent to arrive before the reset, which overtakes it. */
const ARRIVAL_MS = 100;

const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

const PAGE = '<!DOCTYPE html><html><title>Welcome</title><p>Sign in to use this network.</p></html>\n';

export async function sendFailing(exchange: Exchange): Promise<void> {
  const { supplier, fault, request, response, connection } = exchange;
  const saying = SAID[fault];
  if (saying !== undefined) {
    say(response, SAYINGS[supplier][saying]);
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

/** As the supplier answered it. */
export function forward(reply: Reply, response: ServerResponse): void {
  begin(response, reply, reply.body.length);
  response.end(reply.body);
}

/** Headers that are about the sandbox's own connection (RFC 9110, 7.6.1) do not go through. */
function begin(response: ServerResponse, { status, headers }: Reply, length: number): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !OF_CONNECTION.has(name)) response.setHeader(name, value);
  }
  response.writeHead(status, { 'content-length': length });
}

function say(response: ServerResponse, { status, headers, body }: Said): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** The supplier's own answer, of which less, more or not all arrives. */
async function sendInPart({
  supplier,
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
  // Who asks for the rest gets none of it: otherwise each try would come further.
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
      const drop = supplier === 's3' ? Math.ceil(length / DRIPS_OF_S3) : 1;
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
