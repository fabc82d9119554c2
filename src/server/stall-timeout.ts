// Keeps the responses in progress: aborts those whose caller receives nothing, so that none can hold its slot for ever, and all of
// them at the end.
import type { Duplex } from 'node:stream';
import { abortResponse } from '../api/responses/object.ts';
import type { RequestContext } from '../observability/request-context.ts';

/**
 * The kernel reports progress only when a third of its buffer is free again, so one empty window may be a slow reader's. Progress
 * shows as whole writes, of 64 KiB if S3 sends without a pause: a caller that receives less than one of them in two windows
 * (1.1 KB/s with a window of 30 s) counts as receiving nothing, however evenly it does. No higher rate is required: a slow caller
 * only holds its own slots, which `limits.perCaller` limits.
 */
const MAX_EMPTY_WINDOWS = 2;

export interface WatchedResponse {
  readonly context: RequestContext;
  /** Bytes that the kernel had accepted at the end of the last window. */
  accepted: number;
  emptyWindows: number;
  index: number;
}

export interface StallTimeouts {
  /** From the beginning of a request; what it returns is to be passed to `forget` when the response has closed. */
  watch(context: RequestContext): WatchedResponse;
  forget(watched: WatchedResponse): void;
  /** Whether a response is in progress on this connection. */
  isResponding(socket: Duplex): boolean;
  /** Aborts all responses in progress at once: the process may end right after it. */
  abortAll(): void;
}

/**
 * Only what a caller receives counts, not what it sends meanwhile: hence not the socket's own timer, which both reset.
 * @param windowMs the time between two checks
 */
export function createStallTimeouts(windowMs: () => number): StallTimeouts {
  // Not a Map: one that changes at each request gets a new table from V8 again and again, and the old tables point to the next. Once
  // one of them is in old memory, everything in later ones outlives each collection of young memory. Measured at 3,900 requests/s:
  // 5 KB of each request did, and a collection took 5 ms instead of 1.
  const all: WatchedResponse[] = [];
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    for (const watched of [...all]) {
      const { request, response } = watched.context;
      const { socket } = response;
      const waiting = socket?.writableLength ?? 0;
      const accepted = (socket?.bytesWritten ?? 0) - waiting;
      // If nothing waits to be sent, the caller is waiting for STS or S3, which have timeouts of their own.
      watched.emptyWindows = waiting > 0 && accepted === watched.accepted ? watched.emptyWindows + 1 : 0;
      watched.accepted = accepted;
      if (watched.emptyWindows < MAX_EMPTY_WINDOWS) continue;
      watched.context.abortedBy = 'stall';
      abortResponse(request, response);
    }
    timer = all.length > 0 ? setTimeout(check, windowMs()).unref() : undefined;
  };
  return {
    watch: (context) => {
      timer ??= setTimeout(check, windowMs()).unref();
      const watched = { context, accepted: -1, emptyWindows: 0, index: all.length };
      all.push(watched);
      return watched;
    },
    forget: ({ index }) => {
      const last = all.pop();
      if (last === undefined || last.index === index) return;
      all[index] = last;
      last.index = index;
    },
    // A search, so that requests pay nothing for it: only malformed requests and connections over the limit need it.
    isResponding: (socket) => all.some(({ context }) => context.response.socket === socket),
    abortAll: () => {
      for (const { context } of [...all]) {
        context.abortedBy ??= 'bridge';
        abortResponse(context.request, context.response);
      }
    },
  };
}
