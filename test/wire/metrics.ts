// A bridge with a port of its own for metrics, and single values read from there.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { request } from './http-request.ts';
import { startWire, variablesOf } from './wire.ts';
import type { Wire, WireOptions } from './wire.ts';

export interface MeasuredWire extends Wire {
  /** Of the port for metrics. */
  readonly metricsUrl: string;
  /** @returns all of them, as Prometheus reads them */
  metrics(): Promise<string>;
  /** @returns the value of a series, named as Prometheus writes it; 0 where it is not there yet */
  metric(series: string): Promise<number>;
}

/** On a port that the bridge chooses. */
export async function startMeasuredWire(options: WireOptions = {}): Promise<MeasuredWire> {
  const wire = await startWire({
    ...options,
    environment: async (contract) => ({
      ...(await variablesOf(options, contract)),
      FEDBRIDGE_METRICS_PORT: '0',
    }),
  });
  const { metricsPort } = await wire.bridge.line(({ message }) => String(message).startsWith('listening on'));
  const metricsUrl = `http://127.0.0.1:${String(metricsPort)}`;
  const metrics = async (): Promise<string> => {
    const { status, text } = await request(metricsUrl, '/-/metrics');
    assert.equal(status, 200);
    return text;
  };
  return {
    ...wire,
    metricsUrl,
    metrics,
    metric: async (series) => {
      const line = (await metrics()).split('\n').find((one) => one.startsWith(`${series} `));
      return line === undefined ? 0 : Number(line.slice(series.length + 1));
    },
  };
}

/** Below those that systems give to whoever asks for any port: what was free when asked is then taken by nobody but by chance. */
const PORTS = { first: 20_000, last: 32_000 };

/** Free when asked: the bridge does not tell which one it took of any. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.last);
    if (await isFree(port)) return port;
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
