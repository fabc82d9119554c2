// An HTTP/2 client for tests that send raw frames, including frames that HTTP/2 libraries cannot send.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { until } from './until.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEADER_BYTES = 9;

/** Frame types (RFC 9113, section 6). */
export const TYPES = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface RawHttp2 {
  readonly socket: Socket;
  /** The frames received so far. */
  readonly frames: readonly Frame[];
  send(...frames: readonly Buffer[]): void;
  /** Resolves when the bridge has closed the connection. */
  closed(): Promise<void>;
  /** Returns the error code of the received GOAWAY frame; undefined if no GOAWAY has been received. */
  goawayCode(): number | undefined;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** Encodes headers as literals without indexing or Huffman codes (RFC 7541, 6.2.2). */
export function headerBlock(pairs: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(pairs.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const prefix = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) prefix.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...prefix, rest]), bytes]);
}

/** Encodes a GET request's headers, including additional headers. */
export const get = (path: string, more: Readonly<Record<string, string>> = {}): Buffer =>
  headerBlock([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'b'],
    [':path', path],
    ...Object.entries(more),
  ]);

export const request = (stream: number, block: Buffer): Buffer =>
  frame(TYPES.headers, END_HEADERS | END_STREAM, stream, block);

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/**
 * @param options.settings the identifiers and values of the client's SETTINGS frame; if undefined, the client sends no SETTINGS
 * frame
 */
export function rawHttp2(
  origin: string,
  options: { readonly settings?: readonly (readonly [id: number, value: number])[] } = {},
): RawHttp2 {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  const frames: Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + rest.readUIntBE(0, 3);
      if (rest.length < end) break;
      const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
      frames.push({ type, flags, stream, payload: Buffer.from(rest.subarray(FRAME_HEADER_BYTES, end)) });
      rest = rest.subarray(end);
    }
  });
  const settings = (options.settings ?? []).map(([id, value]) =>
    Buffer.concat([Buffer.of(0, id), uint32(value)]),
  );
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(TYPES.settings, 0, 0, Buffer.concat(settings))]));
  return {
    socket,
    frames,
    send: (...sent) => {
      socket.write(Buffer.concat(sent));
    },
    closed: () => until('the bridge closes the connection', () => socket.destroyed || socket.readableEnded),
    goawayCode: () => frames.find(({ type }) => type === TYPES.goaway)?.payload.readUInt32BE(4),
  };
}
