// Rejects malformed requests before routing: sends an S3-style error, writes a log line, and closes the connection.
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FaultCode } from '../errors/table.ts';
import { Fault } from '../errors/fault.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { limitLines } from '../observability/bounded-lines.ts';
import { faultDocument, faultResponse } from '../api/responses/fault.ts';
import { faultFields } from '../observability/log-fields.ts';

/** The `operation` in metrics and log lines. */
const OPERATION = 'malformed';

export interface MalformedRequests {
  /** Handles the server's `clientError` event. */
  onError(error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer }, socket: Duplex): void;
  /** Responds to a CONNECT request (the server's `connect` event) with an error, because the bridge is not a proxy. */
  onConnect(request: IncomingMessage, socket: Duplex): void;
  /** Handles requests without a Host header (RFC 9112, section 3.2), which Node would reject without a body. */
  onMissingHost(request: IncomingMessage, response: ServerResponse): void;
}

/** @param isResponding whether a response is in progress on a connection */
export function malformedRequests(
  log: Log,
  metrics: Pick<Metrics, 'request'>,
  isResponding: (socket: Duplex) => boolean,
): MalformedRequests {
  const write = limitLines(log, 'malformed requests');
  const processId = randomBytes(6).toString('hex');
  let count = 0;
  // Connections on which this module has already sent an error response.
  const ended = new WeakSet<Duplex>();
  const nextId = (): string => `${processId}-u${(count++).toString(36).padStart(5, '0')}`;

  /**
   * @param from.answered whether to send a response; false, for example, if it would corrupt a different response on the
   * connection
   */
  const record = (
    fault: Fault,
    from: { requestId: string; remoteIp: string | undefined; answered: boolean },
  ): void => {
    const { requestId, remoteIp, answered } = from;
    const { status } = faultResponse(fault, requestId, 's3');
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

  const reject = (socket: Duplex, fault: Fault): void => {
    const requestId = nextId();
    const answered = socket.writable && !ended.has(socket) && !isResponding(socket);
    record(fault, { requestId, remoteIp: remoteOf(socket), answered });
    if (!answered) {
      socket.destroy();
      return;
    }
    socket.end(rawResponse(fault, requestId), () => socket.destroy());
    // A client that does not read the response must not keep the connection open.
    setTimeout(() => socket.destroy(), LAST_BYTES_MS).unref();
  };

  return {
    onError: (error, socket) => {
      // Ignores the errors that the parser reports for anything that the client sends after the error response.
      if (socket.writableEnded) return;
      const fault = faultOf(error);
      // After a disconnect or a reset, or if the connection never sent a byte (a browser's preconnect, a TCP probe), there is
      // nothing to respond to or to log.
      if (fault === undefined || ('bytesRead' in socket && socket.bytesRead === 0)) socket.destroy();
      else reject(socket, fault);
    },
    onConnect: (_request, socket) => {
      // Ignores errors on the connection, which Node no longer handles after a CONNECT request.
      socket.on('error', () => undefined);
      reject(socket, new Fault('method_not_allowed'));
    },
    onMissingHost: (request, response) => {
      const fault = new Fault('host_missing');
      const requestId = nextId();
      record(fault, { requestId, remoteIp: request.socket.remoteAddress, answered: true });
      ended.add(request.socket);
      respond(response, fault, requestId);
    },
  };
}

const LAST_BYTES_MS = 1_000;

const remoteOf = (socket: Duplex): string | undefined => (socket as Partial<Socket>).remoteAddress;

/**
 * Maps Node's error codes to faults; those of its HTTP parser, llhttp, begin with HPE_. All other codes are network errors and
 * have no fault.
 */
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

/** Recognizes other protocols by their first bytes. */
function protocolOf(packet: Buffer | undefined): string | undefined {
  if (packet === undefined) return undefined;
  if (packet[0] === 0x16 && packet[1] === 0x03) return 'TLS';
  const text = packet.toString('latin1', 0, 16);
  return text.startsWith('PROXY ') || text.startsWith('\r\n\r\n\0\r\nQUIT\n') ? 'PROXY protocol' : undefined;
}

function rawResponse(fault: Fault, requestId: string): string {
  const [status, pairs, body] = partsOf(fault, requestId);
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${body}`;
}

/** Sends the response after the responses to earlier pipelined requests. */
function respond(response: ServerResponse, fault: Fault, requestId: string): void {
  const [status, pairs, body] = partsOf(fault, requestId);
  response.writeHead(status, pairs.flat()).end(body);
}

function partsOf(
  fault: Fault,
  requestId: string,
): [status: number, headers: (readonly [name: string, value: string])[], body: string] {
  const response = faultResponse(fault, requestId, 's3');
  const [contentType, body] = faultDocument(response, 's3-xml');
  const headers = [
    ['x-request-id', requestId],
    ['x-fedbridge-error', response.outcome],
    ['content-type', contentType],
    ['content-length', String(Buffer.byteLength(body))],
    ['date', new Date().toUTCString()],
    ['connection', 'close'],
  ] as const;
  return [response.status, [...headers], body];
}
