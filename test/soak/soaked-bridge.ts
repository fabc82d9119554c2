// Runs the bridge in a separate process, passes on its log lines, and measures its memory and sockets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { inheritedEnvironment } from '../../src/config/load.ts';
import type { LogLine } from '../support/bridge-process.ts';
import { request } from '../support/http-request.ts';

/** Bytes and counts. */
export interface Holdings {
  readonly resident: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly fileDescriptors: number;
  readonly inFlight: number;
  /** The number of resources that keep Node's event loop alive, by type. */
  readonly resources: Readonly<Record<string, number>>;
}

export interface SoakedBridge {
  readonly url: string;
  readonly pid: number;
  hangUp(): void;
  /** Measures memory and resources after a full garbage collection. */
  holdings(): Promise<Holdings>;
  inFlight(): Promise<number>;
  /** The first lines that the bridge wrote to standard error. */
  complaints(): string;
  hasEnded(): boolean;
  /** @returns the bridge's exit code */
  stop(): Promise<number | null>;
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const COLLECT = new URL('collect-on-signal.ts', import.meta.url).href;
const MAX_COMPLAINTS = 16_384;

/**
 * The number of garbage collections before a measurement. One is not enough, because finalizers run after a collection and free
 * more.
 */
const COLLECTIONS = 4;
const COLLECTION_MS = 150;

export async function startSoakedBridge(
  environment: Readonly<Record<string, string>>,
  onLine: (line: LogLine) => void,
): Promise<SoakedBridge> {
  const child = spawn(process.execPath, ['--expose-gc', '--import', COLLECT, MAIN, 'serve'], {
    env: {
      ...inheritedEnvironment(),
      FEDBRIDGE_HOST: '127.0.0.1',
      PORT: '0',
      FEDBRIDGE_METRICS_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  let ended = false;
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaints.length < MAX_COMPLAINTS) complaints += chunk.toString();
  });
  const closed = once(child, 'close').then(() => (ended = true));
  const listening = Promise.withResolvers<LogLine>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as LogLine;
    if (String(line['message']).startsWith('listening on')) listening.resolve(line);
    onLine(line);
  });
  void closed.then(() => {
    listening.reject(new Error(`the bridge did not start:\n${complaints}`));
  });
  const { port, metricsPort } = await listening.promise;
  const pid = child.pid ?? 0;

  const metrics = async (): Promise<readonly string[]> => {
    const { text } = await request(`http://127.0.0.1:${String(metricsPort)}`, '/-/metrics');
    return text.split('\n');
  };
  const valueIn = (lines: readonly string[], name: string): number =>
    Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1] ?? Number.NaN);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    pid,
    hangUp: () => {
      child.kill('SIGHUP');
    },
    inFlight: async () => valueIn(await metrics(), 'fedbridge_requests_in_flight'),
    holdings: async () => {
      for (let i = 0; i < COLLECTIONS; i += 1) {
        child.kill('SIGUSR2');
        await sleep(COLLECTION_MS);
      }
      const lines = await metrics();
      const resources = lines.flatMap((line) => {
        const [, type, count] = /^nodejs_active_resources\{type="(\w+)"\} (\d+)$/.exec(line) ?? [];
        return type === undefined ? [] : [[type, Number(count)] as const];
      });
      return {
        resident: valueIn(lines, 'process_resident_memory_bytes'),
        heapUsed: valueIn(lines, 'nodejs_heap_size_used_bytes'),
        external: valueIn(lines, 'nodejs_external_memory_bytes'),
        fileDescriptors: readdirSync(`/proc/${pid}/fd`).length,
        inFlight: valueIn(lines, 'fedbridge_requests_in_flight'),
        resources: Object.fromEntries(resources),
      };
    },
    complaints: () => complaints,
    hasEnded: () => ended,
    stop: async () => {
      if (!ended) child.kill('SIGTERM');
      await closed;
      return child.exitCode;
    },
  };
}
