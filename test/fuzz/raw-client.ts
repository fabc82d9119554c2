// A minimal HTTP client that sends raw bytes unchanged over reused connections.
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawReply {
  readonly status: number;
  /** Header values by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawClient {
  /**
   * @param isHead whether the request is a HEAD request, whose response has no body
   * @returns undefined if the bridge closes the connection without a response; `silent` if nothing arrives in time
   */
  send(bytes: string, isHead: boolean, waitMs: number): Promise<RawReply | 'silent' | undefined>;
  /** Closes the connection, so that the next request uses a new one. */
  drop(): void;
}

export function rawClient(origin: string): RawClient {
  const { hostname, port } = new URL(origin);
  let socket: Socket | undefined;
  const opened = (): Socket => {
    if (socket === undefined || socket.destroyed || !socket.writable) {
      socket = connect(Number(port), hostname).setNoDelay();
      socket.on('error', () => undefined);
    }
    return socket;
  };
  const drop = (): void => {
    socket?.destroy();
    socket = undefined;
  };
  return {
    drop,
    send: (bytes, isHead, waitMs) => {
      const own = opened();
      const { promise, resolve } = Promise.withResolvers<RawReply | 'silent' | undefined>();
      let text = '';
      const end = (reply: RawReply | 'silent' | undefined): void => {
        clearTimeout(timer);
        own.off('data', take).off('close', close);
        if (reply === undefined || reply === 'silent' || reply.headers.get('connection') === 'close') drop();
        resolve(reply);
      };
      const take = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
        const reply = readReply(text, isHead);
        if (reply !== undefined) end(reply);
      };
      const close = (): void => {
        end(readReply(`${text}\r\n\r\n`, true));
      };
      const timer = setTimeout(() => {
        end('silent');
      }, waitMs);
      own.on('data', take).once('close', close);
      own.write(bytes, 'latin1');
      return promise;
    },
  };
}

/** @returns undefined if the response is still incomplete */
function readReply(text: string, isHead: boolean): RawReply | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0);
  if (status > 0 && status < 200) return readReply(text.slice(end + 4), isHead);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(end + 4);
  if (isHead || status === 304 || status === 204) return { status, headers, body: '' };
  if (headers.get('transfer-encoding') === 'chunked')
    return body.endsWith('0\r\n\r\n') ? { status, headers, body } : undefined;
  return body.length < Number(headers.get('content-length') ?? 0) ? undefined : { status, headers, body };
}
