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

/**
 * Each of the connections keeps its share of the rate by a clock of its own, and those clocks tick together: what is asked comes
 * in bursts of as many as there are connections.
 * @throws Error where an answer was not 200
 */
export async function pacedLoad(
  url: string,
  options: {
    readonly core: number;
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
  const rate = ['-c', String(connections), '-q', each, '-z', `${seconds}s`, '-cpus', '1'];
  const { stdout } = await promisify(execFile)(
    'taskset',
    ['-c', String(core), 'hey', ...rate, '-o', 'csv', '-disable-compression', ...headers, url],
    { signal, timeout: seconds * 1000 + GRACE_MS, killSignal: 'SIGKILL', maxBuffer: LARGEST_OUTPUT },
  );
  // response-time,…,status-code,offset
  const [, ...lines] = stdout.trimEnd().split('\n');
  const answers = lines.map((line) => line.split(','));
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
