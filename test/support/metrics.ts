// A bridge with a port of its own for metrics, and single values read from there.
import assert from 'node:assert/strict';
import type { BridgeProcess } from './bridge-process.ts';
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

/** The origin of the metrics of a bridge that chose the port itself (`FEDBRIDGE_METRICS_PORT=0`). */
export async function metricsOrigin(bridge: BridgeProcess): Promise<string> {
  const { metricsPort } = await bridge.line(({ message }) => String(message).startsWith('listening on'));
  return `http://127.0.0.1:${String(metricsPort)}`;
}
