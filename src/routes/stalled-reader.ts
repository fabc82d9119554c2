// Cuts callers that take nothing of what waits for them, so that none can hold its place for ever.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessRecord } from './access-log.ts';
import { cut } from './object-answer.ts';

/** The kernel tells of progress only when a third of its buffer is free again: one empty window may be a slow reader's. */
const EMPTY_WINDOWS = 2;

export interface StalledReaders {
  /** From the beginning of an answer until its response closes. */
  watch(request: IncomingMessage, response: ServerResponse, record: AccessRecord): void;
}

/**
 * What a caller sends meanwhile does not count, only what it takes: hence not the socket's own timer, which both set back.
 * @param windowMs how often it is looked
 */
export function stalledReaders(windowMs: number): StalledReaders {
  const watched = new Map<ServerResponse, { taken: number; empty: number; cut: () => void }>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    for (const [response, state] of watched) {
      const { socket } = response;
      const waiting = socket?.writableLength ?? 0;
      const taken = (socket?.bytesWritten ?? 0) - waiting;
      // Where nothing waits to be taken, it is the caller who waits: for STS, or for S3, which have limits of their own.
      state.empty = waiting > 0 && taken === state.taken ? state.empty + 1 : 0;
      state.taken = taken;
      if (state.empty >= EMPTY_WINDOWS) state.cut();
    }
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    watch: (request, response, record) => {
      const cutIt = (): void => {
        record.cutBy = 'stall';
        cut(request, response);
      };
      timer ??= setInterval(look, windowMs).unref();
      watched.set(response, { taken: -1, empty: 0, cut: cutIt });
      response.once('close', () => watched.delete(response));
    },
  };
}
