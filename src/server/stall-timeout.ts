// Cuts callers that take nothing of what waits for them, so that none can hold its place for ever; and all, at the end.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessRecord } from '../observability/access-log.ts';
import { abort } from '../api/responses/object.ts';

/**
 * The kernel tells of progress only when a third of its buffer is free again: one empty window may be a slow reader's.
 * What is taken is seen by whole writes, of 64 KiB where S3 sends without a pause: who takes less than one in two windows
 * (1.1 KB/s where a window has 30 s) counts as taking nothing, however evenly it trickles. No higher rate is demanded: a
 * caller holds its own places by that, of which `limits.perCaller` says how many.
 */
const EMPTY_WINDOWS = 2;

export interface Watched {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: AccessRecord;
  taken: number;
  empty: number;
  place: number;
}

export interface StallTimeouts {
  /** From the beginning of an answer on; what it returns is to be forgotten when the response has closed. */
  watch(request: IncomingMessage, response: ServerResponse, record: AccessRecord): Watched;
  forget(watched: Watched): void;
  /** Cuts what is under way, at once: the process may end right after it. */
  cutAll(): void;
}

/**
 * What a caller sends meanwhile does not count, only what it takes: hence not the socket's own timer, which both set back.
 * @param windowMs how long until it is looked again
 */
export function stallTimeouts(windowMs: () => number): StallTimeouts {
  // No Map: V8 gives one that changes at each request a new table again and again, and the old ones point to the next. As soon as
  // one of these is old itself, all that was in the later ones outlives each collection of young memory. Measured at 3,900
  // requests/s: 5 KB of each request did, and a collection took 5 ms where it takes 1.
  const all: Watched[] = [];
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    for (const state of [...all]) {
      const { request, response, record } = state;
      const { socket } = response;
      const waiting = socket?.writableLength ?? 0;
      const taken = (socket?.bytesWritten ?? 0) - waiting;
      // Where nothing waits to be taken, it is the caller who waits: for STS, or for S3, which have limits of their own.
      state.empty = waiting > 0 && taken === state.taken ? state.empty + 1 : 0;
      state.taken = taken;
      if (state.empty < EMPTY_WINDOWS) continue;
      record.abortedBy = 'stall';
      abort(request, response);
    }
    timer = all.length > 0 ? setTimeout(look, windowMs()).unref() : undefined;
  };
  return {
    watch: (request, response, record) => {
      timer ??= setTimeout(look, windowMs()).unref();
      const watched = { request, response, record, taken: -1, empty: 0, place: all.length };
      all.push(watched);
      return watched;
    },
    forget: ({ place }) => {
      const last = all.pop();
      if (last === undefined || last.place === place) return;
      all[place] = last;
      last.place = place;
    },
    cutAll: () => {
      for (const { request, response, record } of [...all]) {
        record.abortedBy ??= 'bridge';
        abort(request, response);
      }
    },
  };
}
