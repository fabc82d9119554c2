// Starts a bridge with a separate port for metrics, and reads its metrics.
import assert from 'node:assert/strict';
import type { BridgeProcess } from './bridge-process.ts';
import { request } from './http-request.ts';
import { startWire, variablesOf } from './wire.ts';
import type { Wire, WireOptions } from './wire.ts';

export interface MeasuredWire extends Wire {
  /** The metrics port's origin. */
  readonly metricsUrl: string;
  /** @returns all metrics in the Prometheus text format */
  metrics(): Promise<string>;
  /** @returns the value of the series with this name in the Prometheus text format; 0 if the series does not exist yet */
  metric(series: string): Promise<number>;
}

/** Starts a bridge that serves metrics on any free port. */
export async function startMeasuredWire(options: WireOptions = {}): Promise<MeasuredWire> {
  const wire = await startWire({
    ...options,
    environment: async (contract) => ({
      ...(await variablesOf(options, contract)),
      FEDBRIDGE_METRICS_PORT: '0',
    }),
  });
  const metricsUrl = await metricsOrigin(wire.bridge);
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

/** Returns the metrics port's origin if the bridge chose a free port (`FEDBRIDGE_METRICS_PORT=0`). */
export async function metricsOrigin(bridge: BridgeProcess): Promise<string> {
  const { metricsPort } = await bridge.line(({ message }) => String(message).startsWith('listening on'));
  return `http://127.0.0.1:${String(metricsPort)}`;
}
