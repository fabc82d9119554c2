// Sends load to a URL with wrk, and returns wrk's counts. Throws if any response is wrong.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const REPORT = fileURLToPath(new URL('wrk-report.lua', import.meta.url));

/** How long to wait for wrk to exit after the load. wrk usually exits within a second; if it takes longer, it has hung. */
const GRACE_MS = 15_000;

const report = z.object({
  /** The number of complete responses. */
  requests: z.number().nonnegative(),
  microseconds: z.number().positive(),
  /** Bytes that wrk read from its sockets, including headers. */
  bytes: z.number(),
  p50: z.number(),
  p99: z.number(),
  failures: z.number(),
});

export interface Load {
  /** The number of complete responses. */
  readonly requests: number;
  readonly seconds: number;
  /** Bytes received, including responses that were aborted at the end of the load. */
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly core: number;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  /** A file of callers' tokens, one per line, which the requests use in turn. */
  readonly tokens?: string;
  readonly signal: AbortSignal;
}

/** wrk's timeout for a response. With 256 connections, a 64 MiB response takes about ten seconds. */
const SLOWEST = '60s';

/**
 * @param options.bodyBytes the expected size of each response body
 * @throws Error if wrk counted a status above 399, a socket error or a timeout, or read fewer bytes than the complete bodies
 * contain
 */
export async function load(url: string, options: LoadOptions): Promise<Load> {
  const { core, connections, seconds, bodyBytes, tokens, signal } = options;
  const headers = Object.entries(options.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const wrk = ['wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', REPORT];
  const rest = ['--timeout', SLOWEST, ...headers, url, ...(tokens === undefined ? [] : ['--', tokens])];
  const { stdout } = await promisify(execFile)('taskset', ['-c', String(core), ...wrk, ...rest], {
    signal,
    timeout: seconds * 1000 + GRACE_MS,
    killSignal: 'SIGKILL',
  });
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  const counted = report.parse(JSON.parse(line));
  if (counted.failures > 0) throw new Error(`wrk got ${counted.failures} failures from ${url}:\n${stdout}`);
  // wrk may abort the last response of each connection; such a response is not counted as a request.
  if (counted.bytes < counted.requests * bodyBytes) {
    throw new Error(
      `wrk read ${counted.bytes} bytes in ${counted.requests} responses of ${bodyBytes} bytes from ${url}`,
    );
  }
  return {
    requests: counted.requests,
    seconds: counted.microseconds / 1e6,
    bytes: counted.bytes,
    p50Ms: counted.p50 / 1000,
    p99Ms: counted.p99 / 1000,
  };
}
