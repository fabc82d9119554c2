// With FEDBRIDGE_REUSE_PORT several processes listen on one port, each with its own metrics. If one process exits, the others
// keep serving.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBridge } from '../../support/bridge-process.ts';
import type { BridgeProcess } from '../../support/bridge-process.ts';
import { request } from '../../support/http-request.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';

const REUSE = { FEDBRIDGE_REUSE_PORT: '1', FEDBRIDGE_METRICS_PORT: '0' };
const PATH = '/acme-lake/raw/public/orders.csv';

const served = ({ lines }: BridgeProcess): number =>
  lines.filter(({ message }) => message === `GET ${PATH} 200`).length;

async function countedBy(bridge: BridgeProcess): Promise<number> {
  const { metricsPort } = await bridge.line(({ message }) => String(message).startsWith('listening on'));
  const { text } = await request(`http://127.0.0.1:${String(metricsPort)}`, '/-/metrics');
  return Number(
    /^fedbridge_requests_total\{operation="GetObject",status="200"\} (\d+)$/m.exec(text)?.[1] ?? 0,
  );
}

describe('two processes on one port', () => {
  it('share its connections, count their own requests, and lose no request when one process exits', async (test) => {
    const wire = await startWire({ ownProcess: true, environment: REUSE });
    test.after(() => wire.close());
    const { port } = new URL(wire.bridge.url);
    const second = await startBridge({ ...wire.sandbox.environment, ...REUSE, PORT: port });
    test.after(() => second.stop());
    assert.equal(second.url, wire.bridge.url);

    const read = async (): Promise<void> => {
      assert.equal((await wire.get(PATH, { as: 'reader' })).status, 200);
    };
    await until('both have served', async () => {
      await read();
      return served(wire.bridge) > 0 && served(second) > 0;
    });
    for (const bridge of [wire.bridge, second]) {
      const counted = await countedBy(bridge);
      // A request is logged shortly after it is counted.
      await until('all requests are logged', () => served(bridge) === counted);
    }

    assert.equal(await wire.bridge.stop(), 0);
    const before = served(second);
    for (let i = 0; i < 20; i++) await read();
    await until('the other process has served them all', () => served(second) === before + 20);
  });

  it('must both have FEDBRIDGE_REUSE_PORT set', async (test) => {
    const wire = await startWire({ ownProcess: true, environment: REUSE });
    test.after(() => wire.close());
    const { port } = new URL(wire.bridge.url);
    await assert.rejects(
      startBridge({ ...wire.sandbox.environment, PORT: port }),
      /another process is using that port/,
    );
  });
});
