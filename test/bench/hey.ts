// Asks one URL at a rate that is held, with Debian's hey, and gives how long the answers took.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from './markdown.ts';

export interface PacedLoad {
  /** What came of the rate that was asked for. */
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A line of CSV for each request. */
const LARGEST_OUTPUT = 256 * 1024 * 1024;
const GRACE_MS = 15_000;

/** The first requests all come at once, with their connections: not what is asked here, and a hundredth of all. */
const FIRST_SECONDS = 1;

/**
 * The connections of one hey ask at the same moments, in bursts of as many as there are: several, whose moments differ, come
 * closer to callers who know nothing of each other.
 */
export const HEYS = 8;

/** @throws Error where an answer was not 200 */
export async function pacedLoad(
  url: string,
  options: {
    readonly core: number;
    /** A multiple of `HEYS`. */
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
  // response-time,…,status-code,offset
  const answers = outputs.flatMap(({ stdout }) => {
    const [, ...lines] = stdout.trimEnd().split('\n');
    return lines.map((line) => line.split(',')).filter((cells) => Number(cells[7]) >= FIRST_SECONDS);
  });
  const refused = answers.filter((cells) => cells[6] !== '200');
  if (answers.length === 0 || refused.length > 0) {
    throw new Error(`hey met ${refused.length} of ${answers.length} answers that were not 200 at ${url}`);
  }
  const times = answers.map(([time]) => Number(time) * 1000).toSorted((a, b) => a - b);
  return {
    requestsPerSecond: answers.length / seconds,
    p50Ms: median(times),
    p99Ms: times[Math.floor(times.length * 0.99)] ?? NaN,
  };
}
