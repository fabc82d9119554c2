// Sends a response, either unchanged or as a fault specifies.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The chunks of a body. Each chunk may be used only until the next one is read, because a source may reuse its buffer. */
export type Source = AsyncIterable<Buffer> | Iterable<Buffer>;

export interface SandboxResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** If the body is a `Source`, the headers must include `content-length`. */
  readonly body?: Buffer | Source | undefined;
}

/** How a fault changes the normal response. */
export type Shape =
  | { readonly kind: 'cut'; readonly after: number }
  | { readonly kind: 'stall'; readonly after: number }
  | { readonly kind: 'hold'; readonly after: number; readonly cleared: Promise<void> }
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  | { readonly kind: 'wrong-length'; readonly by: number };

/**
 * The maximum number of writes per second for a slow-drip response. At low rates, there are fewer writes, because each write
 * contains at least one byte.
 */
const DRIPS_PER_SECOND = 10;

/** Sends a response. Rejects if the client disconnects or the source fails; the calling code must then destroy the socket. */
export async function sendResponse(
  content: SandboxResponse,
  response: ServerResponse,
  shape?: Shape,
): Promise<void> {
  const { status, body } = content;
  const headers = { ...content.headers };
  if (Buffer.isBuffer(body)) headers['content-length'] ??= String(body.length);
  if (shape) {
    await sendShaped({ status, headers, body }, response, shape);
  } else if (body === undefined || Buffer.isBuffer(body)) {
    response.writeHead(status, headers);
    response.end(body);
  } else {
    // Makes `end` throw if the body is shorter than `content-length`.
    response.strictContentLength = true;
    response.writeHead(status, headers);
    for await (const chunk of body) await write(chunk, response);
    response.end();
  }
}

async function sendShaped(content: SandboxResponse, response: ServerResponse, shape: Shape): Promise<void> {
  const headers = { ...content.headers };
  const length = headers['content-length'];
  if (shape.kind === 'wrong-length' && length !== undefined) {
    headers['content-length'] = String(Math.max(0, Number(length) + shape.by));
  }
  response.writeHead(content.status, headers);
  response.flushHeaders();
  const limit = shape.kind === 'cut' || shape.kind === 'stall' ? shape.after : Infinity;
  let sent = 0;
  for await (const chunk of chunksOf(content.body)) {
    const piece = chunk.subarray(0, limit - sent);
    if (shape.kind === 'drip') await drip(piece, response, shape.bytesPerSecond);
    else if (shape.kind === 'hold') await hold(piece, response, shape.after - sent, shape.cleared);
    else await write(piece, response);
    sent += piece.length;
    if (sent >= limit) break;
  }
  if (shape.kind === 'stall') return;
  if (shape.kind === 'drip' || shape.kind === 'hold') response.end();
  // Sends all bytes written so far and then closes the connection, so that the client receives exactly these bytes.
  else response.socket?.destroySoon();
}

async function* chunksOf(body: SandboxResponse['body']): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(body)) yield body;
  else if (body) yield* body;
}

/** Resolves when the kernel has accepted the bytes, so that the buffer can be reused. */
function write(piece: Buffer, response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.reject(new Error('the client has disconnected'));
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const left = () => {
    reject(new Error('the client has disconnected'));
  };
  response.once('close', left);
  response.write(piece, (error) => {
    response.off('close', left);
    if (error) reject(error);
    else resolve(undefined);
  });
  return promise;
}

/** @param free the number of bytes to send immediately; the rest of the piece is sent when the fault is cleared */
async function hold(
  piece: Buffer,
  response: ServerResponse,
  free: number,
  cleared: Promise<void>,
): Promise<void> {
  if (free > 0) await write(piece.subarray(0, free), response);
  if (free >= piece.length) return;
  await cleared;
  await write(piece.subarray(Math.max(0, free)), response);
}

async function drip(piece: Buffer, response: ServerResponse, bytesPerSecond: number): Promise<void> {
  const drop = Math.max(1, Math.floor(bytesPerSecond / DRIPS_PER_SECOND));
  for (let start = 0; start < piece.length; start += drop) {
    await write(piece.subarray(start, start + drop), response);
    await sleep((drop / bytesPerSecond) * 1000);
  }
}
