// An answer as a value, and how it is put on the wire: as it is, or shaped by a fault.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A chunk is the reader's only until it asks for the next, so that a source may fill one buffer again and again. */
export type Source = AsyncIterable<Buffer> | Iterable<Buffer>;

export interface SandboxResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A source comes with its `content-length` among the headers. */
  readonly body?: Buffer | Source | undefined;
}

/** What a fault does to an answer on its way. */
export type Shape =
  | { readonly kind: 'cut'; readonly after: number }
  | { readonly kind: 'stall'; readonly after: number }
  | { readonly kind: 'hold'; readonly after: number; readonly cleared: Promise<void> }
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  | { readonly kind: 'wrong-length'; readonly by: number };

/** A drip falls this often, unless less than one byte were due. */
const DRIPS_PER_SECOND = 10;

/** Sends an answer; rejects when the client leaves or the source fails, and the socket is then for the caller to destroy. */
export async function sendResponse(
  answer: SandboxResponse,
  response: ServerResponse,
  shape?: Shape,
): Promise<void> {
  const { status, body } = answer;
  const headers = { ...answer.headers };
  if (Buffer.isBuffer(body)) headers['content-length'] ??= String(body.length);
  if (shape) {
    await sendShaped({ status, headers, body }, response, shape);
  } else if (body === undefined || Buffer.isBuffer(body)) {
    response.writeHead(status, headers);
    response.end(body);
  } else {
    // A source that ends early must not look complete: with this, ending throws.
    response.strictContentLength = true;
    response.writeHead(status, headers);
    for await (const chunk of body) await write(chunk, response);
    response.end();
  }
}

async function sendShaped(answer: SandboxResponse, response: ServerResponse, shape: Shape): Promise<void> {
  const headers = { ...answer.headers };
  const length = headers['content-length'];
  if (shape.kind === 'wrong-length' && length !== undefined) {
    headers['content-length'] = String(Math.max(0, Number(length) + shape.by));
  }
  response.writeHead(answer.status, headers);
  response.flushHeaders();
  const limit = shape.kind === 'cut' || shape.kind === 'stall' ? shape.after : Infinity;
  let sent = 0;
  for await (const chunk of chunksOf(answer.body)) {
    const piece = chunk.subarray(0, limit - sent);
    if (shape.kind === 'drip') await drip(piece, response, shape.bytesPerSecond);
    else if (shape.kind === 'hold') await hold(piece, response, shape.after - sent, shape.cleared);
    else await write(piece, response);
    sent += piece.length;
    if (sent >= limit) break;
  }
  if (shape.kind === 'stall') return;
  if (shape.kind === 'drip' || shape.kind === 'hold') response.end();
  // What was written goes out first, then the connection closes: the client has exactly these bytes.
  else response.socket?.destroySoon();
}

async function* chunksOf(body: SandboxResponse['body']): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(body)) yield body;
  else if (body) yield* body;
}

/** Resolves when the kernel has the bytes, and so nothing reads the buffer any more. */
function write(piece: Buffer, response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.reject(new Error('the client has left'));
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const left = () => {
    reject(new Error('the client has left'));
  };
  response.once('close', left);
  response.write(piece, (error) => {
    response.off('close', left);
    if (error) reject(error);
    else resolve(undefined);
  });
  return promise;
}

/** @param free how many bytes of the piece are not held */
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
