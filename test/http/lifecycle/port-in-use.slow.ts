// A bridge that cannot have one of its ports says which and how to choose another, and does not go on by halves; any free
// port is told.
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
  let holder: Server;
  let taken: string;
  before(async () => {
    sandbox = await startSandbox();
    holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    assert.ok(typeof address === 'object' && address !== null);
    taken = String(address.port);
  });
  after(async () => {
    holder.close();
    await sandbox.close();
  });

  for (const [variable, setBy] of [
    ['PORT', 'PORT or --port'],
    ['FEDBRIDGE_METRICS_PORT', 'FEDBRIDGE_METRICS_PORT'],
  ] as const) {
    it(`that another process has ends the bridge, as ${variable}, with a word on what to do`, async () => {
      await assert.rejects(
        startBridge({ ...sandbox.environment, [variable]: taken }),
        ({ message }: Error) =>
          message.includes('the bridge ended') &&
          message.includes(`Cannot listen on 127.0.0.1:${taken}: another process has it`) &&
          message.includes(`choose another port with ${setBy}.`),
      );
    });
  }

  it('of metrics that the system chose is told like the other', async () => {
    const bridge = await startBridge({ ...sandbox.environment, FEDBRIDGE_METRICS_PORT: '0' });
    const line = await bridge.line(({ message }) => String(message).startsWith('listening on'));
    const metrics = await fetch(`http://127.0.0.1:${String(line['metricsPort'])}/-/metrics`);
    assert.match(await metrics.text(), /fedbridge_sts_calls_total/);
    assert.equal(await bridge.stop(), 0);
  });
});
