// If one of the bridge's ports is in use, the bridge exits and reports which one, and how to choose a different port. A port
// chosen by the system is logged.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { startBridge } from '../../support/bridge-process.ts';

describe('a port', () => {
  let sandbox: Sandbox;
  let otherProcess: Server;
  let taken: string;
  before(async () => {
    sandbox = await startSandbox();
    otherProcess = createServer().listen(0, '127.0.0.1');
    await once(otherProcess, 'listening');
    const address = otherProcess.address();
    assert.ok(typeof address === 'object' && address !== null);
    taken = String(address.port);
  });
  after(async () => {
    otherProcess.close();
    await sandbox.close();
  });

  for (const [variable, setBy] of [
    ['PORT', 'PORT or --port'],
    ['FEDBRIDGE_METRICS_PORT', 'FEDBRIDGE_METRICS_PORT'],
  ] as const) {
    it(`set in ${variable} but already in use makes the bridge exit and report a remedy`, async () => {
      await assert.rejects(
        startBridge({ ...sandbox.environment, [variable]: taken }),
        ({ message }: Error) =>
          message.includes('the bridge exited') &&
          message.includes(`Cannot listen on 127.0.0.1:${taken}: another process is using that port`) &&
          message.includes(`choose another port with ${setBy}.`),
      );
    });
  }

  it('for metrics is logged if the system assigned it', async () => {
    const bridge = await startBridge({ ...sandbox.environment, FEDBRIDGE_METRICS_PORT: '0' });
    const line = await bridge.line(({ message }) => String(message).startsWith('listening on'));
    const metrics = await fetch(`http://127.0.0.1:${String(line['metricsPort'])}/-/metrics`);
    assert.match(await metrics.text(), /fedbridge_sts_calls_total/);
    assert.equal(await bridge.stop(), 0);
  });
});
