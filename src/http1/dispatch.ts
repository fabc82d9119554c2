// Sends a request on a pooled connection and returns its response; resends it on a new connection if the pooled connection was
// stale.
import type { Connection } from './connection.ts';
import type { Exchange, Sink, UpstreamRequest, UpstreamResponse } from './exchange.ts';
import { asHttpError, HttpError } from './http-error.ts';
import type { Free } from './read-buffers.ts';

/** The maximum number of body bytes to buffer before `pipe` is called: a few socket reads. */
const MAX_EARLY_BYTES = 256 * 1024;

/** @param isNew whether to open a connection even if an idle connection exists */
type GetConnection = (isNew: boolean) => Connection;

/** @throws HttpError, or any Error after a cancellation, because the calling code then ignores the error */
export function dispatch(
  getConnection: GetConnection,
  text: string,
  request: UpstreamRequest,
): Promise<UpstreamResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
  send({ getConnection, text, request, resolve, reject }, false);
  return promise;
}

const CANCELLED = 'the request was cancelled';

interface Dispatched {
  readonly getConnection: GetConnection;
  readonly text: string;
  readonly request: UpstreamRequest;
  resolve(response: UpstreamResponse): void;
  reject(error: unknown): void;
}

function send(dispatched: Dispatched, onNewConnection: boolean): void {
  const { getConnection, text, request, resolve, reject } = dispatched;
  const { method, cancellation, onBody } = request;
  if (cancellation.aborted) {
    reject(new Error(CANCELLED));
    return;
  }
  const connection = getConnection(onNewConnection);
  let sink: Sink | undefined;
  let early: { readonly chunk: Buffer; readonly free: Free | undefined }[] | undefined;
  let earlyBytes = 0;
  let outcome: 'ended' | Error | undefined;
  let hasHead = false;

  // Each exchange has a separate listener function, which can be removed without affecting other exchanges.
  const onCancelled = (): void => {
    connection.destroy();
  };
  const finish = (how: 'ended' | Error): void => {
    outcome = how;
    cancellation.remove(onCancelled);
  };
  const exchange: Exchange = {
    method,
    head: ({ status, headers }, whole, free) => {
      hasHead = true;
      if (whole !== undefined) {
        onBody?.(whole.length);
        finish('ended');
        resolve(wholeResponse({ status, headers }, whole, free));
        return;
      }
      resolve({
        status,
        headers,
        pipe: (reader) => {
          sink = reader;
          const before = outcome;
          let wantsMore = true;
          for (const { chunk, free } of early ?? [])
            if (outcome === before) wantsMore = reader.write(chunk, free);
            else free?.();
          early = undefined;
          // Does nothing more if a write has aborted the response, because `fail` has then already been called.
          if (outcome !== before) return;
          if (outcome === 'ended') reader.end();
          else if (outcome !== undefined) reader.fail(outcome);
          else if (wantsMore) connection.resume();
        },
        // Does nothing after the response has ended, because the connection may already carry another request.
        resume: () => {
          if (outcome === undefined) connection.resume();
        },
        abort: () => {
          if (outcome === undefined) connection.destroy();
        },
      });
    },
    data: (chunk, free) => {
      onBody?.(chunk.length);
      if (sink !== undefined) return sink.write(chunk, free);
      (early ??= []).push({ chunk, free });
      earlyBytes += chunk.length;
      return earlyBytes < MAX_EARLY_BYTES;
    },
    discard: (bytes) => {
      onBody?.(bytes);
    },
    end: () => {
      finish('ended');
      sink?.end();
    },
    fail: (error, isBeforeResponse) => {
      const reason = cancellation.aborted ? new Error(CANCELLED) : asHttpError(error);
      finish(reason);
      if (hasHead) sink?.fail(reason);
      // An upstream may close an idle connection just as it is being used. Resending is safe, because no response has begun, and
      // GET and HEAD are idempotent.
      else if (isBeforeResponse && isNodes(error) && connection.uses() > 1 && !cancellation.aborted)
        send(dispatched, true);
      else reject(reason);
    },
  };
  cancellation.add(onCancelled);
  connection.send(text, exchange);
}

function wholeResponse(
  { status, headers }: Pick<UpstreamResponse, 'status' | 'headers'>,
  whole: Buffer | string,
  free: Free | undefined,
): UpstreamResponse {
  return {
    status,
    headers,
    whole,
    free,
    pipe: (reader) => {
      if (whole.length > 0)
        reader.write(typeof whole === 'string' ? Buffer.from(whole, 'latin1') : whole, free);
      reader.end();
    },
    resume: nothing,
    abort: nothing,
  };
}

const nothing = (): void => undefined;

/**
 * Whether the error was thrown by Node instead of this client. Only after such an error may a request be resent: the client's own
 * errors (timeouts, invalid responses) would usually recur on a different connection.
 */
const isNodes = (error: unknown): boolean => !(error instanceof HttpError);
