// Detects from a connection's first bytes whether the client speaks HTTP/2 without TLS ("prior knowledge", RFC 9113, 3.3).
import type { Socket } from 'node:net';

/** The start of an HTTP/2 client's preface (RFC 9113, 3.4). No HTTP/1 request line can begin like this. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * @param use called once, after the bytes that were read have been put back; never called if the connection closes before its
 * protocol is known
 */
export function detectProtocol(socket: Socket, use: (protocol: 'http1' | 'http2') => void): void {
  let received: Buffer | undefined;
  const ignoreError = (): void => undefined;
  // Closes a connection whose client has closed its side before sending enough bytes for any request.
  const onEnd = (): void => {
    socket.destroy();
  };
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    received = received === undefined ? chunk : Buffer.concat([received, chunk]);
    const length = Math.min(received.length, PREFACE.length);
    const isAlike = received.compare(PREFACE, 0, length, 0, length) === 0;
    if (isAlike && length < PREFACE.length) return;
    socket.off('readable', onReadable).off('end', onEnd).off('error', ignoreError);
    socket.unshift(received);
    use(isAlike ? 'http2' : 'http1');
  };
  socket.on('readable', onReadable).on('end', onEnd).on('error', ignoreError);
}
