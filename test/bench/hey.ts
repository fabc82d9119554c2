// Requests one URL at a constant rate with Debian's hey, and returns the response times.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from './markdown.ts';

export interface PacedLoad {
  /** The request rate that hey actually achieved. */
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The maximum size of hey's output, which contains one line of CSV for each request. */
const LARGEST_OUTPUT = 256 * 1024 * 1024;
const GRACE_MS = 15_000;

/**
 * The number of seconds at the beginning whose results are discarded, because hey sends the first requests all at once over new
 * connections.
 */
const FIRST_SECONDS = 1;

/**
 * The number of hey processes. One process sends on all its connections at the same time, so several behave more like independent
 * callers.
 */
export const HEYS = 8;

/** @throws Error if a response has a status other than 200 */
export async function pacedLoad(
  url: string,
  options: {
    readonly core: number;
    /** The number of connections, which must be a multiple of `HEYS`. */
    readonly connections: number;
    readonly requestsPerSecond: number;
    readonly seconds: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
): Promise<PacedLoad> {
  const { core, connections, requestsPerSecond, seconds, signal } = options;
  const each = String(requestsPerSecond / connections);
  const headers = Object.entries(options.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const rate = [
    '-c',
    String(connections / HEYS),
    '-q',
    each,
    '-z',
    `${seconds + FIRST_SECONDS}s`,
    '-cpus',
    '1',
  ];
  const hey = ['hey', ...rate, '-o', 'csv', '-disable-compression', ...headers, url];
  const outputs = await Promise.all(
    Array.from({ length: HEYS }, () =>
      promisify(execFile)('taskset', ['-c', String(core), ...hey], {
        signal,
        timeout: (seconds + FIRST_SECONDS) * 1000 + GRACE_MS,
        killSignal: 'SIGKILL',
        maxBuffer: LARGEST_OUTPUT,
      }),
    ),
  );
  // Each line has these columns: response-time,…,status-code,offset.
  const answers = outputs.flatMap(({ stdout }) => {
    const [, ...lines] = stdout.trimEnd().split('\n');
    return lines.map((line) => line.split(',')).filter((cells) => Number(cells[7]) >= FIRST_SECONDS);
  });
  const refused = answers.filter((cells) => cells[6] !== '200');
  if (answers.length === 0 || refused.length > 0) {
    throw new Error(`hey got ${refused.length} of ${answers.length} responses that were not 200 from ${url}`);
  }
  const times = answers.map(([time]) => Number(time) * 1000).toSorted((a, b) => a - b);
  return {
    requestsPerSecond: answers.length / seconds,
    p50Ms: median(times),
    p99Ms: times[Math.floor(times.length * 0.99)] ?? NaN,
  };
}
