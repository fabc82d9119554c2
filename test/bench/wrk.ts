// Loads one URL with wrk and gives what it counted, or throws where a single answer was not what it should have been.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const REPORT = fileURLToPath(new URL('wrk-report.lua', import.meta.url));

/** wrk ends its connections within a second or so; beyond this it hangs. */
const GRACE_MS = 15_000;

const report = z.object({
  /** Answered whole. */
  requests: z.number().nonnegative(),
  microseconds: z.number().positive(),
  /** Read from sockets: headers too. */
  bytes: z.number(),
  p50: z.number(),
  p99: z.number(),
  failures: z.number(),
});

export interface Load {
  /** Answered whole. */
  readonly requests: number;
  readonly seconds: number;
  /** Of answers that were cut by the end of the load, too. */
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** wrk counts an answer that takes longer as a failure: 256 of 64 MiB at once take about ten seconds each. */
const SLOWEST = '60s';

/**
 * @param options.bodyBytes of each answer
 * @throws Error where wrk met a status above 399, a socket error or a timeout, or read less than whole bodies
 */
export async function load(
  url: string,
  options: {
    readonly core: number;
    readonly connections: number;
    readonly seconds: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly bodyBytes: number;
    /** A file of callers' tokens, one a line, which requests present in turn. */
    readonly tokens?: string;
    readonly signal: AbortSignal;
  },
): Promise<Load> {
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
  if (counted.failures > 0) throw new Error(`wrk met ${counted.failures} failures at ${url}:\n${stdout}`);
  // The last answer of each connection may be cut by wrk's own end, and is not counted as a request.
  if (counted.bytes < counted.requests * bodyBytes) {
    throw new Error(
      `wrk read ${counted.bytes} bytes in ${counted.requests} answers of ${bodyBytes} at ${url}`,
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
