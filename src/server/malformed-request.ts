// What comes on a connection and is no request that a route could take: one answer in S3's form, one line, and the end of it.
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FaultCode } from '../errors/table.ts';
import { Fault } from '../errors/fault.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { limitLines } from '../observability/bounded-lines.ts';
import { documentOf, faultResponse } from '../api/responses/fault.ts';
import { faultFields } from '../observability/fault-fields.ts';
import { hasResponseInProgress } from './connection-limit.ts';

/** As `operation` in metrics and lines. */
const OPERATION = 'malformed';

export interface MalformedRequests {
  /** For the server's `clientError`. */
  onError(error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer }, socket: Duplex): void;
  /** For the server's `connect`: it tunnels nothing. */
  onConnect(request: IncomingMessage, socket: Duplex): void;
  /** Takes requests without a Host header itself (RFC 9112, section 3.2), which Node would answer without a word. */
  demandingHost(listener: RequestListener): RequestListener;
}

export function malformedRequests(log: Log, metrics: Pick<Metrics, 'request'>): MalformedRequests {
  const write = limitLines(log, 'malformed requests');
  const processId = randomBytes(6).toString('hex');
  let count = 0;
  const nextId = (): string => `${processId}-u${(count++).toString(36).padStart(5, '0')}`;

  /** @param answered false where another answer is under way on the connection, which must not be mistaken for its */
  const tell = (fault: Fault, requestId: string, remoteIp: string | undefined, answered: boolean): void => {
    const { status } = faultResponse(fault, requestId, true);
    metrics.request(OPERATION, status, 0);
    write('WARNING', `malformed request: ${status} ${fault.code}`, {
      httpRequest: { status, remoteIp },
      requestId,
      operation: OPERATION,
      status,
      ...(answered ? {} : { answered }),
      ...faultFields({ fault, caller: undefined }),
    });
  };

  const refuse = (socket: Duplex, fault: Fault): void => {
    const requestId = nextId();
    const answered = socket.writable && !hasResponseInProgress(socket);
    tell(fault, requestId, remoteOf(socket), answered);
    if (!answered) {
      socket.destroy();
      return;
    }
    socket.end(answerOf(fault, requestId), () => socket.destroy());
    // Whoever takes nothing must not keep it.
    setTimeout(() => socket.destroy(), LAST_BYTES_MS).unref();
  };

  return {
    onError: (error, socket) => {
      // What it sends beyond its refusal is refused by the parser again.
      if (socket.writableEnded) return;
      const fault = faultOf(error);
      // A caller that is gone, a reset, and whoever opened a connection and never said a word (a preconnecting browser, a
      // probe of TCP alone): there is nobody to answer, and nothing to learn.
      if (fault === undefined || ('bytesRead' in socket && socket.bytesRead === 0)) socket.destroy();
      else refuse(socket, fault);
    },
    onConnect: (_request, socket) => {
      // Node has given the connection away, errors and all.
      socket.on('error', () => undefined);
      refuse(socket, new Fault('method_not_allowed'));
    },
    demandingHost: (listener) => (request, response) => {
      if (request.headers.host !== undefined || request.httpVersion === '1.0') {
        listener(request, response);
        return;
      }
      const fault = new Fault('host_missing');
      const requestId = nextId();
      tell(fault, requestId, request.socket.remoteAddress, true);
      answerInTurn(response, fault, requestId);
    },
  };
}

const LAST_BYTES_MS = 1_000;

const remoteOf = (socket: Duplex): string | undefined => (socket as Partial<Socket>).remoteAddress;

/** Node's own codes (llhttp's begin with HPE_); any other is the network's. */
function faultOf(error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer }): Fault | undefined {
  const code = error.code ?? '';
  const fault = KNOWN[code] ?? (code.startsWith('HPE_') ? 'request_malformed' : undefined);
  if (fault === undefined) return undefined;
  return new Fault(fault, { error: code, looksLike: protocolOf(error.rawPacket) });
}

const KNOWN: Readonly<Record<string, FaultCode>> = {
  HPE_HEADER_OVERFLOW: 'request_headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_too_slow',
};

/** What else is spoken to a wrong port, by its first bytes. */
function protocolOf(packet: Buffer | undefined): string | undefined {
  if (packet === undefined) return undefined;
  if (packet[0] === 0x16 && packet[1] === 0x03) return 'TLS';
  const text = packet.toString('latin1', 0, 16);
  if (text.startsWith('PRI * HTTP/2.0')) return 'HTTP/2';
  return text.startsWith('PROXY ') || text.startsWith('\r\n\r\n\0\r\nQUIT\n') ? 'PROXY protocol' : undefined;
}

function answerOf(fault: Fault, requestId: string): string {
  const [status, pairs, body] = partsOf(fault, requestId);
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${body}`;
}

function answerInTurn(response: ServerResponse, fault: Fault, requestId: string): void {
  const [status, pairs, body] = partsOf(fault, requestId);
  response.writeHead(status, pairs.flat()).end(body);
}

function partsOf(
  fault: Fault,
  requestId: string,
): [status: number, headers: (readonly [name: string, value: string])[], body: string] {
  const told = faultResponse(fault, requestId, true);
  const [contentType, body] = documentOf(told, 's3-xml');
  const headers = [
    ['x-request-id', requestId],
    ['x-fedbridge-error', told.outcome],
    ['content-type', contentType],
    ['content-length', String(Buffer.byteLength(body))],
    ['date', new Date().toUTCString()],
    ['connection', 'close'],
  ] as const;
  return [told.status, [...headers], body];
}
