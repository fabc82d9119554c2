// Sends one request on a pooled connection and returns its response; sends it again on a new connection if the first was stale.
import type { Connection } from './connection.ts';
import type { Exchange, Sink, UpstreamRequest, UpstreamResponse } from './exchange.ts';
import { asHttpError, HttpError } from './http-error.ts';

/** What may arrive before the body is read: a few socket reads. */
const MAX_EARLY_BYTES = 256 * 1024;

/** @param isNew whether it must be one that has not carried a request before */
type GetConnection = (isNew: boolean) => Connection;

/** @throws HttpError; after a cancellation any Error, which nobody receives */
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
  const { method, cancellation } = request;
  if (cancellation.aborted) {
    reject(new Error(CANCELLED));
    return;
  }
  const connection = getConnection(onNewConnection);
  let sink: Sink | undefined;
  let early: Buffer[] | undefined;
  let earlyBytes = 0;
  let outcome: 'ended' | Error | undefined;
  let hasHead = false;

  // A function of this exchange: another exchange on the same connection must keep its own listener.
  const onCancelled = (): void => {
    connection.destroy();
  };
  const finish = (how: 'ended' | Error): void => {
    outcome = how;
    cancellation.remove(onCancelled);
  };
  const exchange: Exchange = {
    method,
    head: ({ status, headers }, whole) => {
      hasHead = true;
      if (whole !== undefined) {
        finish('ended');
        resolve(wholeResponse(status, headers, whole));
        return;
      }
      resolve({
        status,
        headers,
        pipe: (reader) => {
          sink = reader;
          let wantsMore = true;
          for (const chunk of early ?? []) wantsMore = reader.write(chunk);
          early = undefined;
          if (outcome === 'ended') reader.end();
          else if (outcome !== undefined) reader.fail(outcome);
          else if (wantsMore) connection.resume();
        },
        // Once it has ended, the connection may carry another request.
        resume: () => {
          if (outcome === undefined) connection.resume();
        },
        abort: () => {
          if (outcome === undefined) connection.destroy();
        },
      });
    },
    data: (chunk, free) => {
      if (sink !== undefined) return sink.write(chunk, free);
      (early ??= []).push(chunk);
      earlyBytes += chunk.length;
      return earlyBytes < MAX_EARLY_BYTES;
    },
    end: () => {
      finish('ended');
      sink?.end();
    },
    fail: (error, isBeforeResponse) => {
      const reason = cancellation.aborted ? new Error(CANCELLED) : asHttpError(error);
      finish(reason);
      if (hasHead) sink?.fail(reason);
      // An upstream may close an idle connection just as it is used: no response has begun, and GET and HEAD are idempotent.
      else if (isBeforeResponse && isNodes(error) && connection.uses() > 1 && !cancellation.aborted)
        send(dispatched, true);
      else reject(reason);
    },
  };
  cancellation.add(onCancelled);
  connection.send(text, exchange);
}

function wholeResponse(status: number, headers: readonly string[], whole: Buffer | string): UpstreamResponse {
  return {
    status,
    headers,
    whole,
    pipe: (reader) => {
      if (whole.length > 0) reader.write(typeof whole === 'string' ? Buffer.from(whole, 'latin1') : whole);
      reader.end();
    },
    resume: nothing,
    abort: nothing,
  };
}

const nothing = (): void => undefined;

/** Errors of the socket, not of this client: timeouts and invalid responses would be the same on another connection. */
const isNodes = (error: unknown): boolean => !(error instanceof HttpError);
