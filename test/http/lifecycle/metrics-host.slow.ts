// The metrics port listens on loopback unless FEDBRIDGE_METRICS_HOST is set, regardless of the bridge's own address.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
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

/**
 * Listens on a port of one address for the duration of a test, so that a program which listens on the same port of this address,
 * or of all addresses, fails with EADDRINUSE.
 *
 * @param port 0 for any free port
 * @returns the port
 */
async function occupy(test: TestContext, address: string, port = 0): Promise<number> {
  const server = createServer().listen(port, address);
  test.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

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
    await assert.doesNotReject(occupy(test, OTHER_ADDRESS, Number(metricsPort)));
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

  it('listens only on the address in FEDBRIDGE_METRICS_HOST', async (test) => {
    const port = await occupy(test, '127.0.0.1');
    const bridge = await start({
      FEDBRIDGE_METRICS_HOST: OTHER_ADDRESS,
      FEDBRIDGE_METRICS_PORT: String(port),
    });
    test.after(() => bridge.stop());
    assert.equal((await request(`http://${OTHER_ADDRESS}:${port}`, '/-/metrics')).status, 200);
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
