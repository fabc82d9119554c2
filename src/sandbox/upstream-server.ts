// Runs an emulator's HTTP server on loopback: records each call, applies faults, and sends the emulator's response.
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
  /** Parses the request and adds its details to the call log. Runs before any fault is applied. Must not throw. */
  read(request: IncomingMessage, call: Call): Request | Promise<Request>;
  respond(parsed: Request): SandboxResponse | Promise<SandboxResponse>;
  refuse(parsed: Request, refusal: Refusal): SandboxResponse;
}

export interface Listener {
  readonly port: number;
  /** Closes the listening socket, so that the kernel refuses new connections, and drops open connections. */
  stopListening(): Promise<void>;
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The size limit for a request's URL and headers. The limit is large enough for a GET request to STS with a 20,000-character
 * identity token.
 */
const MAX_HEADER_BYTES = 65_536;
const KEEP_ALIVE_MS = 30_000;
const LOOPBACK = '127.0.0.1';

/** Starts a server on loopback; port 0 means any free port. */
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

/** Returns an emulator's request listener. */
export function serveUpstream<Request>(
  name: UpstreamName,
  emulator: Upstream<Request>,
  { calls, clock, faults }: UpstreamContext,
): (request: IncomingMessage, response: ServerResponse) => void {
  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = calls.begin(name, request, response);
    const strike = faults.take(name, request.url ?? '/');
    const fault = strike?.fault;
    const parsed = await emulator.read(request, call);
    if (fault) call.note({ fault: fault.kind });
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') {
      resetConnection(request.socket);
      return;
    }
    if (fault?.kind === 'delay') await sleep(fault.milliseconds);
    if (fault?.kind === 'hold' && fault.after === undefined) await strike?.cleared;
    const content = faultResponse(fault, emulator, parsed) ?? (await respond(parsed));
    const date = new Date(clock.now(name)).toUTCString();
    const shape = strike && shapeOf(strike);
    await sendResponse({ ...content, headers: { date, ...content.headers } }, response, shape);
  }
  async function respond(parsed: Request): Promise<SandboxResponse> {
    try {
      return await emulator.respond(parsed);
    } catch (error) {
      return emulator.refuse(parsed, { status: 500, message: bugText(error) });
    }
  }
  return (request, response) => {
    exchange(request, response).catch((error: unknown) => {
      // No error response can be sent if the headers have been sent or the connection is closed.
      if (response.headersSent || response.destroyed) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(`${bugText(error)}\n`);
    });
  };
}

const bugText = (error: unknown): string => `This is a bug in the sandbox: ${String(error)}`;

/** Returns the response that a fault specifies instead of the emulator's normal response. */
function faultResponse<Request>(
  fault: Fault | undefined,
  emulator: Upstream<Request>,
  parsed: Request,
): SandboxResponse | undefined {
  switch (fault?.kind) {
    case 'status':
    case 'error':
      return emulator.refuse(parsed, fault);
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
