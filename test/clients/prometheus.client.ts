// Debian's Prometheus scrapes the bridge: its linter accepts every metric, and its API computes a rate from them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../ceph/ceph-process.ts';
import { request } from '../support/http-request.ts';
import { startMeasuredWire } from '../support/metrics.ts';
import type { MeasuredWire } from '../support/metrics.ts';
import { until } from '../support/until.ts';
import { PATH, run, unavailable } from './program.ts';

const ORDERS = '/acme-lake/raw/public/orders.csv';
const S3_BYTES = 'fedbridge_bucket_s3_bytes_total{bucket="acme-lake",operation="GetObject"}';

interface Prometheus {
  /** @returns the value of the query's only time series; undefined if there is none */
  query(text: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/** @param target host and port to scrape every second */
async function startPrometheus(target: string): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-prometheus-'));
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: [
      { job_name: 'fedbridge', metrics_path: '/-/metrics', static_configs: [{ targets: [target] }] },
    ],
  };
  // Prometheus accepts JSON, because it is valid YAML.
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${await freePorts(1)}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`,
    ],
    { env: { PATH }, stdio: 'ignore' },
  );
  const exited = once(child, 'exit');
  return {
    query: async (text) => {
      const path = `/api/v1/query?query=${encodeURIComponent(text)}`;
      const reply = await request(`http://${address}`, path).catch(() => undefined);
      // Prometheus has not started yet.
      if (reply?.status !== 200) return undefined;
      const { data } = JSON.parse(reply.text) as {
        readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
      };
      assert.ok(data.result.length <= 1, reply.text);
      const value = data.result[0]?.value[1];
      return value === undefined ? undefined : Number(value);
    },
    close: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

describe('Prometheus', { skip: unavailable('prometheus', 'promtool') }, () => {
  let wire: MeasuredWire;
  let prometheus: Prometheus;
  before(async () => {
    wire = await startMeasuredWire();
    prometheus = await startPrometheus(new URL(wire.metricsUrl).host);
  });
  after(async () => {
    await prometheus.close();
    await wire.close();
  });

  it("does not find any problem in the bridge's metrics with its linter", async () => {
    await wire.get(ORDERS, { as: 'reader' });
    const input = await wire.metrics();
    assert.match(input, /^fedbridge_caller_s3_bytes_total\{/m);
    const { code, said } = await run('promtool', ['check', 'metrics'], { input });
    assert.deepEqual([code, said], [0, '']);
  });

  it('scrapes the number of bytes from S3 and computes a rate from it', async () => {
    let bytes = await wire.metric(
      'fedbridge_bucket_s3_bytes_total{bucket="acme-lake",role="lake",operation="GetObject"}',
    );
    let rate: number | undefined;
    await until('the rate is positive', async () => {
      bytes += (await wire.get(ORDERS, { as: 'reader' })).body.length;
      rate = await prometheus.query(`rate(${S3_BYTES}[10s])`);
      return rate !== undefined && rate > 0;
    });
    await until('the last read has been scraped', async () => (await prometheus.query(S3_BYTES)) === bytes);
    assert.equal(await prometheus.query('count(fedbridge_build_info == 1)'), 1);
  });
});
