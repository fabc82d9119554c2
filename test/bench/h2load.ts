// Loads one URL with h2load, over one HTTP/2 connection with several streams, and returns the same counts as wrk.ts.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Load, LoadOptions } from './wrk.ts';

/** How long to wait for h2load after the load, because it waits for responses that it has begun to receive. */
const GRACE_MS = 15_000;

/**
 * The flow-control window of a stream and of the connection, as a power of two. The window is larger than every object except the
 * 64 MiB one, so that flow control does not affect the results for the other objects.
 */
const WINDOW_BITS = '24';

/** @throws Error if a response has a status other than 200, or if the bodies are incomplete */
export async function loadOverHttp2(url: string, options: Omit<LoadOptions, 'tokens'>): Promise<Load> {
  const { core, connections, seconds, bodyBytes, signal } = options;
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-h2load-'));
  try {
    const log = join(directory, 'log');
    const headers = Object.entries(options.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const h2load = ['h2load', '-t', '1', '-c', '1', '-m', String(connections), '-D', String(seconds)];
    const windows = ['-w', WINDOW_BITS, '-W', WINDOW_BITS];
    const { stdout } = await promisify(execFile)(
      'taskset',
      ['-c', String(core), ...h2load, ...windows, `--log-file=${log}`, ...headers, url],
      { signal, timeout: seconds * 1000 + GRACE_MS, killSignal: 'SIGKILL' },
    );
    // Each line describes one response: when it began, its status, and its duration in microseconds.
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const wrong = lines.find((line) => line.split('\t')[1] !== '200');
    if (wrong !== undefined) throw new Error(`h2load got a failure from ${url}: ${wrong}\n${stdout}`);
    const bytes = Number(/^traffic: .*\((\d+)\) data$/m.exec(stdout)?.[1]);
    if (!(bytes >= lines.length * bodyBytes))
      throw new Error(`h2load read ${bytes} bytes in ${lines.length} responses of ${bodyBytes} from ${url}`);
    const times = lines.map((line) => Number(line.split('\t')[2]) / 1000).sort((a, b) => a - b);
    const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? NaN;
    return { requests: lines.length, seconds, bytes, p50Ms: at(0.5), p99Ms: at(0.99) };
  } finally {
    await rm(directory, { recursive: true });
  }
}
