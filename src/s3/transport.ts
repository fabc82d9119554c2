// Carries one request to S3 and its answer back as it comes: raw headers, bytes as they arrive, back-pressure.
import { errors, Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { Fault } from '../fault.ts';

/** Where an answer's body goes. Any of these may be called as soon as it is given to `Answer.pipe`. */
export interface Sink {
  /** @returns false where it wants no more until it calls `Answer.resume` */
  write(chunk: Buffer): boolean;
  end(): void;
  /** The body was cut: what has been written is not the whole. */
  fail(error: Error): void;
}

export interface Answer {
  readonly status: number;
  /** Names as sent and values, in turn, as Latin-1. */
  readonly headers: readonly string[];
  /** Once, and always: a body that nobody reads would hold its connection. */
  pipe(sink: Sink): void;
  resume(): void;
}

export interface RawRequest {
  readonly method: 'GET' | 'HEAD';
  /** Path and query, escaped: sent as it is. */
  readonly path: string;
  readonly headers: string[];
  /** Ends the request at S3, before its answer or amid it. */
  readonly signal: AbortSignal;
}

export interface Transport {
  /** @throws Fault s3_unreachable, s3_timeout, s3_nonsense; undici's own error where the signal was aborted */
  send(origin: string, request: RawRequest): Promise<Answer>;
  /** Ends each connection when its request is done. */
  retire(): void;
  close(): Promise<void>;
}

/** S3 closes idle connections after about 20 s (not documented; SDKs assume it); the bridge does so earlier. */
const KEEP_ALIVE_MS = 15_000;
const CONNECT_MS = 3_000;

/** What may arrive before somebody reads it: about four socket reads. */
const EARLY_BYTES = 256 * 1024;

/** @param options.stallMs the longest that S3 may send nothing, before and amid an answer, while somebody reads */
export function createTransport(options: {
  readonly stallMs: number;
  readonly connections: number;
}): Transport {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: options.connections,
        allowH2: false,
        keepAliveTimeout: KEEP_ALIVE_MS,
        headersTimeout: options.stallMs,
        bodyTimeout: options.stallMs,
        connect: { timeout: CONNECT_MS },
      });
      pools.set(origin, pool);
    }
    return pool;
  };
  return {
    async send(origin, request) {
      const pool = poolOf(origin);
      try {
        return await dispatch(pool, request);
      } catch (error) {
        if (request.signal.aborted) throw error;
        // S3 may close an idle connection just as it is used: no answer has begun and a read is idempotent.
        if (!isStaleConnection(error)) throw faultOf(error);
      }
      return dispatch(pool, request).catch((error: unknown) => {
        throw request.signal.aborted ? error : faultOf(error);
      });
    },
    retire: () => {
      for (const pool of pools.values()) void pool.close();
      // A request that still waits for its credentials finds new ones.
      pools.clear();
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

function dispatch(pool: Pool, request: RawRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let sink: Sink | undefined;
  let early: Buffer[] = [];
  let earlyBytes = 0;
  let outcome: 'ended' | Error | undefined;

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (controller) => {
      const abort = (): void => {
        controller.abort(new errors.RequestAbortedError());
      };
      if (request.signal.aborted) abort();
      else request.signal.addEventListener('abort', abort, { once: true });
    },
    onResponseStart: (controller, status, headers) => {
      if (status < 200) return;
      if (!isFramed(request.method, status, headers)) {
        controller.abort(new Fault('s3_nonsense', { error: 'body without length' }));
        return;
      }
      resolve({
        status,
        headers: latin1(controller.rawHeaders),
        pipe: (reader) => {
          sink = reader;
          let wantsMore = true;
          for (const chunk of early) wantsMore = reader.write(chunk);
          early = [];
          if (outcome === 'ended') reader.end();
          else if (outcome !== undefined) reader.fail(outcome);
          else if (wantsMore) controller.resume();
          else controller.pause();
        },
        resume: () => {
          controller.resume();
        },
      });
    },
    onResponseData: (controller, chunk) => {
      if (sink !== undefined) {
        if (!sink.write(chunk)) controller.pause();
        return;
      }
      early.push(chunk);
      earlyBytes += chunk.length;
      if (earlyBytes > EARLY_BYTES) controller.pause();
    },
    onResponseEnd: () => {
      outcome = 'ended';
      sink?.end();
    },
    onResponseError: (_controller, error) => {
      outcome = error;
      reject(error);
      sink?.fail(error);
    },
  };
  const { method, path, headers } = request;
  // undici would otherwise end the connection of every HEAD.
  pool.dispatch({ method, path, headers, reset: false }, handler);
  return promise;
}

/** A body that only the end of the connection ends looks complete wherever it is cut. */
function isFramed(method: string, status: number, headers: Readonly<Record<string, unknown>>): boolean {
  if (method === 'HEAD' || status === 204 || status === 304) return true;
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function latin1(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
}

/** Also a server that ends each connection at once: the second attempt then says so. */
function isStaleConnection(error: unknown): boolean {
  return codeOf(error) === 'UND_ERR_SOCKET' || codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';
}

const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

const NONSENSE = new Set([
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_HEADERS_OVERFLOW',
  'ERR_ASSERTION',
]);

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  if (code !== undefined && TIMEOUTS.has(code)) return new Fault('s3_timeout', { error: code });
  if (error instanceof errors.HTTPParserError || (code !== undefined && NONSENSE.has(code))) {
    return new Fault('s3_nonsense', { error: code });
  }
  return new Fault('s3_unreachable', { error: code });
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
