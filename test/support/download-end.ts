// Downloads an object with one of HTTP/1's three kinds of framing, and reports whether the body looks complete to the client.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Wire } from './wire.ts';

/** The three kinds of framing. An HTTP/1.0 body without a length ends when the connection is closed. */
export const FORMS = ['with Content-Length', 'chunked', 'over HTTP/1.0'] as const;
export type Form = (typeof FORMS)[number];

export interface Download {
  /** Resolves when the connection is closed. */
  readonly ended: Promise<'looks whole' | 'looks cut'>;
}

/**
 * Resolves when the first bytes of the body have arrived.
 * @param path the object's path; unless `form` is `with Content-Length`, the response must have no Content-Length
 */
export async function startDownload(wire: Wire, form: Form, path: string): Promise<Download> {
  const { hostname, port } = new URL(wire.bridge.url);
  const version = form === 'over HTTP/1.0' ? '1.0' : '1.1';
  const socket = connect(Number(port), hostname);
  let text = '';
  let reset = false;
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  socket.once('close', () => {
    resolve(undefined);
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (reset ||= code === 'ECONNRESET'));
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(
    `GET ${path} HTTP/${version}\r\nHost: b\r\nAuthorization: Bearer ${await wire.token('reader')}\r\n\r\n`,
  );
  const bodyOf = (): string => text.slice(text.indexOf('\r\n\r\n') + 4);
  while (!text.includes('\r\n\r\n') || bodyOf() === '') await once(socket, 'data');
  assert.match(text, /^HTTP\/1\.1 200 /);
  const length = /^content-length: (\d+)\r$/im.exec(text)?.[1];
  const isChunked = /^transfer-encoding: chunked\r$/im.test(text);
  assert.deepEqual(
    [length !== undefined, isChunked],
    [form === 'with Content-Length', form === 'chunked'],
    text.slice(0, 1_000),
  );
  return {
    ended: closed.then(() => {
      if (reset) return 'looks cut';
      if (isChunked) return bodyOf().endsWith('\r\n0\r\n\r\n') ? 'looks whole' : 'looks cut';
      return length === undefined || bodyOf().length >= Number(length) ? 'looks whole' : 'looks cut';
    }),
  };
}
