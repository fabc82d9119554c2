// Tracks the responses in progress. Aborts a response if its caller stops reading, so that no caller holds a slot forever. Aborts
// all responses at shutdown.
import type { Duplex } from 'node:stream';
import { abortResponse } from '../api/responses/object.ts';
import type { RequestContext } from '../observability/request-context.ts';

/**
 * The number of windows without progress after which a response is aborted. The kernel reports progress only when a third of its
 * buffer is free again, so a slow reader may cause one such window. Progress is visible only in whole writes, which are 64 KiB if
 * S3 sends without a pause. Over HTTP/2, Node combines the writes that are waiting, up to 256 KiB. A caller that receives less
 * than one write in two windows (1.1 KB/s with a window of 30 s, or 4.4 KB/s over HTTP/2) counts as receiving nothing, however
 * steadily it reads. No higher rate is required, because a slow caller occupies only its own slots, and `limits.perCaller` limits
 * their number.
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
  /** Must be called when a request begins; the result must be passed to `forget` when the response has closed. */
  watch(context: RequestContext): WatchedResponse;
  forget(watched: WatchedResponse): void;
  /** Whether a response is in progress on this connection. */
  isResponding(socket: Duplex): boolean;
  /** Aborts all responses in progress synchronously, because the process may end right after this call. */
  abortAll(): void;
}

/**
 * Measures only the data that a caller receives. The socket's own timer cannot be used, because data that the caller sends also
 * resets it.
 * @param windowMs the time between two checks
 */
export function createStallTimeouts(windowMs: () => number): StallTimeouts {
  // This is not a Map: if a Map changes at each request, V8 often replaces its table, and each old table points to the next
  // table. Once one table is in old memory, everything in later tables survives each collection of young memory. Measured with
  // a Map at 3,900 requests/s: 5 KB per request survived, and a collection took 5 ms instead of 1 ms.
  const all: WatchedResponse[] = [];
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    for (const watched of [...all]) {
      const { request, response } = watched.context;
      const { socket } = response;
      const waiting = socket?.writableLength ?? 0;
      const accepted = (socket?.bytesWritten ?? 0) - waiting;
      // If no data is waiting to be sent, the caller is waiting for STS or S3, which have their own timeouts.
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
    // Searches linearly, because only malformed requests and connections over the limit need this check, and an index would
    // slow down all other requests.
    isResponding: (socket) => all.some(({ context }) => context.request.socket === socket),
    abortAll: () => {
      for (const { context } of [...all]) {
        context.abortedBy ??= 'bridge';
        abortResponse(context.request, context.response);
      }
    },
  };
}
