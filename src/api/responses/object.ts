// Forwards S3's response to the caller: status, headers, and the bytes as they arrive, without buffering or re-encoding.
import { Fault } from '../../errors/fault.ts';
import { headerOf } from '../../http1/exchange.ts';
import type { Sink, UpstreamResponse } from '../../http1/exchange.ts';
import { countSent } from '../../observability/request-context.ts';
import type { RequestContext } from '../../observability/request-context.ts';
import type { CallerRequest, CallerResponse } from '../../runtime/caller-exchange.ts';
import { cacheHeaders } from './cache-headers.ts';
import type { DeferWrite } from '../../runtime/deferred-writes.ts';
import { downloadHeaders } from './download.ts';
import { chunkLarge, responseHeaders } from './object-headers.ts';
import { resetConnection } from '../../runtime/reset-connection.ts';

/**
 * The sizes for batches of small chunks. A batch begins with a chunk of at most PIECE_BYTES, the maximum size of a TLS record
 * (RFC 8446, 5.1). A batch is written when it reaches BATCH_BYTES, or at the end of the event loop's turn.
 */
const [PIECE_BYTES, BATCH_BYTES] = [16 * 1024, 64 * 1024];

const LOGGED_DURING_BODY: ReadonlySet<string> = new Set([
  'checksum_mismatch',
  'egress_budget_exceeded',
  'object_changed',
]);

/**
 * Prevents caches from sending one caller's response to another caller (RFC 9111, 4.1), even if S3's own headers would allow
 * it.
 */
const VARY = 'Authorization, X-Amz-Security-Token, Origin';

/**
 * Sends an object, and resolves when the caller has received the whole response or the response has been aborted. After an
 * abort, `context.abortedBy` names the cause.
 * @param options.chunkAbove the size in bytes above which the response has no Content-Length; if a large response has this
 * header, Cloud Run's front end responds with 500
 * @param options.asDownloads whether browsers must treat the object as a download, whatever the object's headers are
 */
export function sendObject(
  context: RequestContext,
  upstream: UpstreamResponse,
  options: {
    readonly chunkAbove: number;
    readonly asDownloads: boolean;
    readonly deferWrite: DeferWrite;
  },
): Promise<void> {
  const { chunkAbove, asDownloads, deferWrite } = options;
  const { request, response } = context;
  // If the caller has disconnected, the request to S3 has been canceled, and the response emits no more events.
  if (response.destroyed) return Promise.resolve();
  const forwarded = responseHeaders(upstream.headers);
  const headers = asDownloads ? downloadHeaders(forwarded, context.key) : forwarded;
  // Only large HTTP/1 responses are chunked, because Cloud Run's front end does not limit the size of HTTP/2 responses.
  if (request.method !== 'HEAD' && request.httpVersion !== '2.0') chunkLarge(headers, chunkAbove);
  headers.push('vary', VARY, 'x-request-id', context.requestId, ...cacheHeaders(context));
  const s3RequestId = headerOf(upstream.headers, 'x-amz-request-id');
  if (s3RequestId !== undefined) context.s3RequestId = s3RequestId;
  response.writeHead(upstream.status, headers);
  if (upstream.whole !== undefined) return sendWhole(context, upstream, deferWrite);
  const write = batchedWrite(response, deferWrite);
  const isCopied = upstream.isLent === true && request.httpVersion === '2.0';
  upstream.pipe({
    write: (chunk, free) => {
      if (!isCopied) return write(chunk, countSent(context, chunk.length, free));
      const copy = Buffer.from(chunk);
      free?.();
      return write(copy, countSent(context, copy.length));
    },
    end: () => {
      response.end();
    },
    fail: (error) => {
      const isOverBudget = error instanceof Fault && error.code === 'egress_budget_exceeded';
      context.abortedBy ??= isOverBudget ? 'bridge' : 's3';
      // For an error that is not in LOGGED_DURING_BODY, `abortedBy` is enough in the log line, because it names the cause.
      if (error instanceof Fault && LOGGED_DURING_BODY.has(error.code)) context.fault = error;
      abortResponse(request, response);
    },
  });
  response.on('drain', upstream.resume);
  return responseClosed(response);
}

function sendWhole(
  context: RequestContext,
  { whole = '', free }: UpstreamResponse,
  deferWrite: DeferWrite,
): Promise<void> {
  const { request, response } = context;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const send = (): void => {
    // If the caller has disconnected, nothing can be sent, and no event will follow.
    if (response.destroyed) {
      resolve(undefined);
      return;
    }
    context.documentBytes = whole.length;
    response.end(whole, 'latin1');
    // Usually, the kernel has already accepted the whole response, so the response's memory can be reused at once.
    if (response.socket?.writableLength === 0) {
      free?.();
      resolve(undefined);
      return;
    }
    response.once('close', () => {
      // Does not free the memory of an aborted response, because the kernel may still read from that memory.
      if (response.writableFinished) free?.();
      resolve(undefined);
    });
  };
  // Node sends the frames of all HTTP/2 streams together at the end of the event loop's turn. A deferred body would miss this
  // write, and would be sent separately from its headers in the next turn.
  if (request.httpVersion === '2.0') send();
  else deferWrite(send);
  return promise;
}

/**
 * Collects small chunks, and writes them together at the end of the event loop's turn, or earlier if there are enough of them.
 * With TLS to S3, batches were measured to take 14 % less CPU time for an object of 1 MiB, and 20 % less for one of 64 KiB.
 * @returns a write function, which returns whether the caller's socket accepts more data
 */
function batchedWrite(response: CallerResponse, deferWrite: DeferWrite): Sink['write'] {
  let corked = 0;
  const release = (): void => {
    if (corked === 0) return;
    corked = 0;
    response.socket?.uncork();
  };
  return (chunk, free) => {
    const { socket } = response;
    if (corked === 0 && chunk.length <= PIECE_BYTES && socket?.writableLength === 0) {
      socket.cork();
      deferWrite(release);
      corked = chunk.length;
      response.write(chunk, free);
      return true;
    }
    const wantsMore = response.write(chunk, free);
    if (corked > 0) {
      corked += chunk.length;
      if (corked < BATCH_BYTES) return true;
      release();
    }
    // Without this call, Node would write only at the end of the tick, and until then writableLength would not show whether the
    // socket is full.
    else socket?.uncork();
    return wantsMore || socket?.writableLength === 0;
  };
}

/** Resolves when the whole response has been sent, or the caller has disconnected. */
export function responseClosed(response: CallerResponse): Promise<void> {
  // A destroyed response sends nothing more, so there is no need to wait for its `close` event.
  if (response.destroyed) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  response.once('close', () => {
    resolve(undefined);
  });
  return promise;
}

/**
 * Ends a response early, so that it cannot look complete to the client. An HTTP/1.0 client treats a closed connection as the
 * end of the body, so the bridge resets the connection instead.
 */
export function abortResponse(request: CallerRequest, response: CallerResponse): void {
  if (request.httpVersion === '1.0') resetConnection(request.socket);
  else response.destroy();
}
