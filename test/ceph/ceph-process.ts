// Runs a real Ceph on free ports for the duration of a test, with the scripts in this directory.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface CephProcess {
  /** Serves both S3 and STS. */
  readonly endpoint: string;
  /** Runs `radosgw-admin` with these arguments. */
  admin(...args: string[]): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const script = (name: string): string => new URL(name, import.meta.url).pathname;

/** Ceph needs one port for the gateway, two for the monitor and ten for the OSD. */
const PORTS = 13;
/** The ports are below Linux's ephemeral range, so no other process can use one of them for an outgoing connection. */
const [FIRST_PORT, LAST_PORT] = [12_000, 32_000];
/** The start timeout, which includes the time to install the packages. */
const START_MS = 300_000;
const STOP_MS = 20_000;

/** @param googleProxy the HTTP proxy through which Ceph reaches accounts.google.com */
export async function startCeph(googleProxy: string): Promise<CephProcess> {
  const state = await mkdtemp(join(tmpdir(), 'fedbridge-ceph-'));
  const port = await freePorts(PORTS);
  const stopNow = (): void => {
    execFileSync(script('stop.sh'), [state], { timeout: STOP_MS });
  };
  // An interrupted run must also stop the daemons. Without these handlers, a signal would end the process without an 'exit'
  // event.
  const breakOff = (): void => {
    process.exit(1);
  };
  process.once('exit', stopNow).once('SIGINT', breakOff).once('SIGTERM', breakOff);
  const env = { ...process.env, CEPH_PORT: String(port), GOOGLE_PROXY: googleProxy };
  // If Ceph does not start, the directory with its logs is kept.
  await run(script('start.sh'), [state], { env, timeout: START_MS });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    admin: async (...args) => {
      await run('radosgw-admin', ['-c', join(state, 'ceph.conf'), ...args], { timeout: STOP_MS });
    },
    stop: async () => {
      await run(script('stop.sh'), [state], { timeout: STOP_MS });
      process.off('exit', stopNow).off('SIGINT', breakOff).off('SIGTERM', breakOff);
      await rm(state, { recursive: true });
    },
  };
}

/** @returns the first of `count` consecutive ports that were all free when checked */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count));
    const all = Array.from({ length: count }, (_, i) => isFree(first + i));
    if ((await Promise.all(all)).every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => {
    resolve(false);
  });
  server.listen(port, '127.0.0.1', () => {
    server.close(() => {
      resolve(true);
    });
  });
  return promise;
}
