// Resets a TCP connection, so that its peer cannot mistake a truncated response for a complete one.
import type { Socket } from 'node:net';

/**
 * If the connection is already ending, for example after the peer has disconnected, closes it without a reset. In this state,
 * libuv refuses a reset, and Node leaks the descriptor, emits no `close` event and cannot exit (seen with Node 26.10).
 */
export function resetConnection(socket: Socket): void {
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy();
  else socket.resetAndDestroy();
}
