// The metrics port listens on loopback unless FEDBRIDGE_METRICS_HOST is set, regardless of the bridge's own address.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { startBridge } from '../../support/bridge-process.ts';
import type { BridgeProcess } from '../../support/bridge-process.ts';
import { request } from '../../support/http-request.ts';

/**
 * On Linux all of 127.0.0.0/8 is local, so a listener on 0.0.0.0 accepts connections to this address, but one on 127.0.0.1 does
 * not.
 */
const OTHER_ADDRESS = '127.0.0.2';

describe('the metrics port', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox();
  });
  after(() => sandbox.close());

  const start = (more: Readonly<Record<string, string>>): Promise<BridgeProcess> =>
    startBridge({ ...sandbox.environment, FEDBRIDGE_HOST: '0.0.0.0', FEDBRIDGE_METRICS_PORT: '0', ...more });
  const portsOf = async (bridge: BridgeProcess): Promise<{ port: string; metricsPort: string }> => {
    const line = await bridge.line(({ message }) => String(message).startsWith('listening on'));
    return { port: String(line['port']), metricsPort: String(line['metricsPort']) };
  };

  it('listens only on 127.0.0.1, even if the bridge listens on all addresses', async (test) => {
    const bridge = await start({});
    test.after(() => bridge.stop());
    const { port, metricsPort } = await portsOf(bridge);
    assert.equal((await request(`http://${OTHER_ADDRESS}:${port}`, '/-/live')).status, 200);
    assert.equal((await request(`http://127.0.0.1:${metricsPort}`, '/-/metrics')).status, 200);
    await assert.rejects(request(`http://${OTHER_ADDRESS}:${metricsPort}`, '/-/metrics'), {
      code: 'ECONNREFUSED',
    });
  });

  it("accepts the requests of Google's Prometheus sidecar, which connects to 0.0.0.0", async (test) => {
    const bridge = await start({ K_SERVICE: 'fedbridge' });
    test.after(() => bridge.stop());
    const { port, metricsPort } = await portsOf(bridge);
    const scraped = await request(`http://0.0.0.0:${metricsPort}`, '/-/metrics');
    assert.equal(scraped.status, 200);
    assert.match(scraped.text, /^fedbridge_build_info\{/m);
    // Without a token, callers get no metrics on the port that Cloud Run sends requests to.
    assert.notEqual((await request(`http://127.0.0.1:${port}`, '/-/metrics')).status, 200);
  });

  it('listens on the address in FEDBRIDGE_METRICS_HOST', async (test) => {
    const bridge = await start({ FEDBRIDGE_METRICS_HOST: OTHER_ADDRESS });
    test.after(() => bridge.stop());
    const { metricsPort } = await portsOf(bridge);
    assert.equal((await request(`http://${OTHER_ADDRESS}:${metricsPort}`, '/-/metrics')).status, 200);
    await assert.rejects(request(`http://127.0.0.1:${metricsPort}`, '/-/metrics'), { code: 'ECONNREFUSED' });
  });

  for (const [variable, more] of [
    ['FEDBRIDGE_HOST', {}],
    ['FEDBRIDGE_METRICS_HOST', { FEDBRIDGE_METRICS_PORT: '0' }],
  ] as const) {
    it(`is not opened, and the bridge exits, if the address in ${variable} does not belong to this machine`, async (test) => {
      // No machine has this address, which is reserved for documentation (RFC 5737).
      const started = startBridge({ ...sandbox.environment, ...more, [variable]: '192.0.2.1' });
      test.after(() =>
        started.then(
          ({ stop }) => stop(),
          () => undefined,
        ),
      );
      await assert.rejects(started, ({ message }: Error) =>
        message.includes(
          `Cannot listen on 192.0.2.1:0: this machine does not have that address. Set ${variable} to one of this machine's addresses.`,
        ),
      );
    });
  }
});
