// Resets a TCP connection, so that its peer cannot take a truncated response for a complete one.
import type { Socket } from 'node:net';

/**
 * Closes the connection instead if its end is under way, as it is after a peer's disconnect: libuv refuses to reset it then, and Node
 * leaks the descriptor, reports no close and cannot exit (seen with Node 26.10).
 */
export function resetConnection(socket: Socket): void {
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy();
  else socket.resetAndDestroy();
}
