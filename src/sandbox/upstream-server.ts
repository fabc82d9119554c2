// One supplier's server on loopback: notes each call, lets a fault strike, and sends what the supplier answers.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetConnection } from '../runtime/reset-connection.ts';
import { sendResponse, type SandboxResponse } from './response.ts';
import type { Call, CallLog } from './calls.ts';
import type { Clock } from './clock.ts';
import { shapeOf, type Fault, type Faults } from './injected-faults.ts';
import type { Refusal, UpstreamName } from './upstreams.ts';

export interface Upstream<Request> {
  /** What is asked, noted on the call before a fault may strike; must not throw. */
  read(request: IncomingMessage, call: Call): Request | Promise<Request>;
  respond(asked: Request): SandboxResponse | Promise<SandboxResponse>;
  refuse(asked: Request, refusal: Refusal): SandboxResponse;
}

export interface Listener {
  readonly port: number;
  /** Connections are refused by the kernel from now on; open ones are dropped. */
  stopListening(): Promise<void>;
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

/** Room for a 20,000 character identity token in a GET to STS. */
const MAX_HEADER_BYTES = 65_536;
const KEEP_ALIVE_MS = 30_000;
const LOOPBACK = '127.0.0.1';

/** Listens on loopback alone; port 0 is any free one. */
export async function listen(
  port: number,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: 0,
      insecureHTTPParser: false,
    },
    onRequest,
  );
  const listenOn = (wanted: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: wanted, host: LOOPBACK, backlog: 1024 }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  await listenOn(port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    port: actual,
    stopListening: stop,
    listenAgain: () => (server.listening ? Promise.resolve() : listenOn(actual)),
    close: stop,
  };
}

export interface UpstreamContext {
  readonly calls: CallLog;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** The request listener of a supplier, with its calls noted and its faults striking. */
export function serveUpstream<Request>(
  name: UpstreamName,
  supplier: Upstream<Request>,
  { calls, clock, faults }: UpstreamContext,
): (request: IncomingMessage, response: ServerResponse) => void {
  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = calls.begin(name, request, response);
    const strike = faults.take(name, request.url ?? '/');
    const fault = strike?.fault;
    const asked = await supplier.read(request, call);
    if (fault) call.note({ fault: fault.kind });
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') {
      resetConnection(request.socket);
      return;
    }
    if (fault?.kind === 'delay') await sleep(fault.milliseconds);
    if (fault?.kind === 'hold' && fault.after === undefined) await strike?.cleared;
    const answer = faultResponse(fault, supplier, asked) ?? (await respond(asked));
    const date = new Date(clock.now(name)).toUTCString();
    const shape = strike && shapeOf(strike);
    await sendResponse({ ...answer, headers: { date, ...answer.headers } }, response, shape);
  }
  async function respond(asked: Request): Promise<SandboxResponse> {
    try {
      return await supplier.respond(asked);
    } catch (error) {
      return supplier.refuse(asked, { status: 500, message: bugText(error) });
    }
  }
  return (request, response) => {
    exchange(request, response).catch((error: unknown) => {
      // After a client has disconnected, or the sandbox has closed, there is nobody to respond to.
      if (response.headersSent || response.destroyed) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(`${bugText(error)}\n`);
    });
  };
}

const bugText = (error: unknown): string => `A bug in the sandbox: ${String(error)}`;

/** The answer that a fault puts in the place of the supplier's own. */
function faultResponse<Request>(
  fault: Fault | undefined,
  supplier: Upstream<Request>,
  asked: Request,
): SandboxResponse | undefined {
  switch (fault?.kind) {
    case 'status':
    case 'error':
      return supplier.refuse(asked, fault);
    case 'garbage':
      return {
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from('\u0000<garbage "}{ ]]>'),
      };
    case 'empty':
      return { status: 200, headers: {}, body: Buffer.alloc(0) };
    default:
      return undefined;
  }
}
