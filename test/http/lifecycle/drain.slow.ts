// After SIGTERM a download that is under way gets all its bytes, new connections are refused, and then the bridge ends.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';

const SIZE = 400_000;
/** Longer than any test waits: what ends has not waited for it. */
const DRAIN_SECONDS = 3_600;

describe('a download that runs when the bridge is told to end', () => {
  it('is finished first, on a connection that its client would keep', async (test) => {
    const wire = await startWire({
      ownProcess: true,
      config: openToProject(`limits: { drain: ${DRAIN_SECONDS}s, stall: 1h }`),
    });
    test.after(() => wire.close());
    const body = randomBytes(SIZE);
    await wire.put('slow.bin', body);
    await wire.fault({ supplier: 's3', fault: 'hold', after: SIZE / 2 });
    const { hostname, port } = new URL(wire.bridge.url);
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const agent = new Agent({ keepAlive: true });
    test.after(() => {
      agent.destroy();
    });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    send({ hostname, port, path: '/acme-lake/slow.bin', agent, headers }, resolve).on('error', reject).end();
    const response = await promise;
    assert.equal(response.statusCode, 200);

    const ended = wire.bridge.stop();
    await until('new connections are refused', () =>
      wire.get('/-/live').then(
        () => false,
        (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED',
      ),
    );
    await wire.clearFaults();
    const digest = createHash('sha256');
    for await (const chunk of response) digest.update(chunk as Buffer);
    assert.equal(digest.digest('hex'), createHash('sha256').update(body).digest('hex'));
    assert.equal(await ended, 0);
    const messages = wire.bridge.lines.slice(-3).map(({ message }) => message);
    assert.deepEqual(messages, [
      `SIGTERM: no new connections; streams have ${DRAIN_SECONDS} s to finish`,
      'GET /acme-lake/slow.bin 200',
      'ended',
    ]);
  });
});
