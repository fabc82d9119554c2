// Runs an HTTP/2 session on a connection. Closes the session if the client exceeds a limit, or if the session is idle for too
// long.
import { constants, performServerHandshake } from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { CallerListener } from '../../runtime/caller-exchange.ts';
import { tokenBuckets } from '../../runtime/rate-limits.ts';
import { streamRequest, StreamResponse } from './stream-exchange.ts';

/**
 * The maximum number of concurrent streams on one connection. Google's front end may send many callers' requests on the same
 * connection. nghttp2 rejects further streams.
 */
const MAX_STREAMS = 250;

/**
 * How many streams a client may open beyond the limit on concurrent streams before Node closes the session. A client can exceed
 * the limit if it has not read the settings yet.
 */
const MAX_REJECTED_STREAMS = 100;

/** How many invalid but harmless frames, such as empty frames, a client may send before Node closes the session. */
const MAX_INVALID_FRAMES = 100;

/** The flow-control window for a request body. Nothing reads the body, so the default of 64 KiB would only waste memory. */
const REQUEST_BODY_BYTES = 16 * 1024;

/**
 * The memory limit for a session, in MB. The limit covers the state of streams and headers, and frames that the kernel has not
 * accepted yet. Above this limit, Node rejects further streams.
 */
const MAX_SESSION_MEMORY = 32;

/**
 * Limits how many streams a client may cancel, or may make the bridge cancel by sending invalid frames. For each of these
 * streams, the bridge has already begun a request (CVE-2023-44487, CVE-2025-8671). Google's front end sends the resets of all its
 * callers on one connection, but stays far below the limit even if many callers disconnect at the same time.
 */
const RESETS = { burst: 1_000, intervalMs: 30 };

/**
 * Reset codes with which the bridge itself aborts responses. A client that sends these codes is still limited, because nghttp2
 * counts all of the client's resets, regardless of their code.
 */
const NOT_COUNTED: ReadonlySet<number | undefined> = new Set([
  constants.NGHTTP2_NO_ERROR,
  constants.NGHTTP2_INTERNAL_ERROR,
]);

export interface Http2Limits {
  readonly maxHeaderBytes: number;
  /** The timeout for a connection's first bytes, and for a session's first request. */
  readonly firstRequestMs: number;
  /** How long a session without streams is kept. */
  readonly idleMs: number;
}

export interface SessionEvents {
  readonly onRequest: CallerListener;
  /**
   * Called if the session was closed because its client exceeded a limit or violated the protocol.
   * @param code Node's error code, and nghttp2's if there is one
   */
  readonly onRejected: (code: string, remoteIp: string | undefined) => void;
}

export function openSession(
  socket: Socket,
  limits: Http2Limits,
  { onRequest, onRejected }: SessionEvents,
): ServerHttp2Session {
  const { remoteAddress } = socket;
  const session = performServerHandshake(socket, {
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    maxSessionRejectedStreams: MAX_REJECTED_STREAMS,
    maxSessionMemory: MAX_SESSION_MEMORY,
    strictSingleValueFields: false,
    streamResetBurst: RESETS.burst,
    streamResetRate: 1_000 / RESETS.intervalMs,
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: REQUEST_BODY_BYTES,
    },
  });
  let streams = 0;
  const waiting = { count: 0 };
  const resets = tokenBuckets(RESETS);
  const countReset = ({ rstCode }: ServerHttp2Stream): void => {
    if (NOT_COUNTED.has(rstCode) || session.destroyed) return;
    if (resets.has('')) resets.take('');
    else {
      onRejected('RESETS', remoteAddress);
      session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  };
  const firstRequest = setTimeout(() => {
    session.close();
  }, limits.firstRequestMs).unref();
  // `session.setTimeout` would restart its timer several times for each stream.
  const idle = setTimeout(() => {
    if (streams === 0) session.close();
  }, limits.idleMs).unref();
  session.once('close', () => {
    clearTimeout(firstRequest);
    clearTimeout(idle);
  });
  // The HTTP/1 server accepts connections on which the client has finished sending. An HTTP/2 client that does this has
  // disconnected.
  socket.once('end', () => {
    session.destroy();
  });
  // After an error, the session closes on its own. Socket errors are not reported, because they only mean that the client has
  // disconnected.
  session.on('error', ({ code, errno }: NodeJS.ErrnoException) => {
    if (code?.startsWith('ERR_HTTP2_') !== true) return;
    onRejected(errno === undefined ? code : `${code} ${errno}`, remoteAddress);
  });
  session.on('stream', (stream, headers, _flags, rawHeaders) => {
    clearTimeout(firstRequest);
    streams += 1;
    const response = new StreamResponse(stream, socket, waiting);
    // Each listener on a stream takes CPU time, so this one also notifies the response.
    stream.on('close', () => {
      streams -= 1;
      if (streams === 0) idle.refresh();
      countReset(stream);
      response.onClose();
    });
    // The error can be ignored, because every error is followed by `close`.
    stream.on('error', ignoreError);
    // Ignores a request that the client has canceled in the same packet.
    if (stream.destroyed || stream.closed) return;
    // nghttp2 also rejects headers that are too large, but only once the client has acknowledged the settings.
    if (headerListBytes(rawHeaders) > limits.maxHeaderBytes) {
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    onRequest(streamRequest(headers, rawHeaders, { stream, socket }), response);
  });
  return session;
}

function ignoreError(): void {
  // Ignores the error, because Node reports it again with `close`.
}

/** Returns the size of a header list as defined in RFC 9113, 6.5.2. */
function headerListBytes(rawHeaders: readonly string[]): number {
  let bytes = 16 * rawHeaders.length;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}
