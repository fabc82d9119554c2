// The port of the metrics is on loopback unless FEDBRIDGE_METRICS_HOST names another address, whatever the bridge itself listens on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { startBridge } from '../../support/bridge-process.ts';
import type { BridgeProcess } from '../../support/bridge-process.ts';
import { request } from '../../support/http-request.ts';

/** On Linux all of 127.0.0.0/8 is this machine: an address that a listener on 127.0.0.1 does not have, and one on 0.0.0.0 does. */
const ELSEWHERE = '127.0.0.2';

describe('the port of the metrics', () => {
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

  it('is on 127.0.0.1 only, even if callers reach the bridge at every address', async (test) => {
    const bridge = await start({});
    test.after(() => bridge.stop());
    const { port, metricsPort } = await portsOf(bridge);
    assert.equal((await request(`http://${ELSEWHERE}:${port}`, '/-/live')).status, 200);
    assert.equal((await request(`http://127.0.0.1:${metricsPort}`, '/-/metrics')).status, 200);
    await assert.rejects(request(`http://${ELSEWHERE}:${metricsPort}`, '/-/metrics'), {
      code: 'ECONNREFUSED',
    });
  });

  it('is where FEDBRIDGE_METRICS_HOST says', async (test) => {
    const bridge = await start({ FEDBRIDGE_METRICS_HOST: ELSEWHERE });
    test.after(() => bridge.stop());
    const { metricsPort } = await portsOf(bridge);
    assert.equal((await request(`http://${ELSEWHERE}:${metricsPort}`, '/-/metrics')).status, 200);
    await assert.rejects(request(`http://127.0.0.1:${metricsPort}`, '/-/metrics'), { code: 'ECONNREFUSED' });
  });

  for (const [variable, more] of [
    ['FEDBRIDGE_HOST', {}],
    ['FEDBRIDGE_METRICS_HOST', { FEDBRIDGE_METRICS_PORT: '0' }],
  ] as const) {
    it(`ends the bridge if this machine does not have the address of ${variable}`, async (test) => {
      // Reserved for documentation (RFC 5737).
      const started = startBridge({ ...sandbox.environment, ...more, [variable]: '192.0.2.1' });
      test.after(() =>
        started.then(
          ({ stop }) => stop(),
          () => undefined,
        ),
      );
      await assert.rejects(started, ({ message }: Error) =>
        message.includes(
          `Cannot listen on 192.0.2.1:0: this machine has no such address. Set ${variable} to one that it has.`,
        ),
      );
    });
  }
});
