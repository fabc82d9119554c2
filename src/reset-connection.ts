// Resets a TCP connection, so that its peer cannot take what it has received for all of it.
import type { Socket } from 'node:net';

/**
 * A connection that has sent all and is ending is closed instead. libuv refuses to reset it, and Node then neither resets nor closes it:
 * its descriptor leaks, and the process cannot end (Node 26.10; the peer needs only to disconnect at that moment).
 */
export function resetConnection(socket: Socket): void {
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy();
  else socket.resetAndDestroy();
}
