// Cuts a caller that takes nothing of what waits for it, so that it cannot hold its place for ever.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AccessRecord } from './access-log.ts';
import { cut } from './object-answer.ts';

/** The kernel tells of progress only when a third of its buffer is free again: one empty window may be a slow reader's. */
const EMPTY_WINDOWS = 2;

/**
 * Listens to the server's own timer (`server.timeout`), which Node sets back with every byte that the kernel takes.
 * @param windowMs the same as the server's timer
 */
export function cutStalledReader(
  request: IncomingMessage,
  response: ServerResponse,
  record: AccessRecord,
  windowMs: number,
): void {
  let empty = 0;
  let emptyAt = 0;
  response.on('timeout', (socket: Socket) => {
    // Where nothing waits to be taken, it is the caller who waits: for STS, or for S3, which have limits of their own.
    if (socket.writableLength > 0) {
      const now = performance.now();
      empty = now - emptyAt < windowMs * 1.5 ? empty + 1 : 1;
      emptyAt = now;
    }
    if (empty < EMPTY_WINDOWS) socket.setTimeout(windowMs);
    else {
      record.cutBy = 'stall';
      cut(request, response);
    }
  });
}
