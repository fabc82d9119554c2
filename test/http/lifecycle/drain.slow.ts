// After SIGTERM the bridge finishes downloads in progress, refuses new connections, and then exits.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';

const SIZE = 400_000;
/** Longer than any test's own time limit, so a test fails if the bridge waits for this timeout. */
const DRAIN_SECONDS = 3_600;

describe('a download in progress at SIGTERM', () => {
  it('completes before the bridge exits, even on a keep-alive connection', async (test) => {
    const wire = await startWire({
      ownProcess: true,
      config: openToProject(`limits: { drain: ${DRAIN_SECONDS}s, stall: 1h }`),
    });
    test.after(() => wire.close());
    const body = randomBytes(SIZE);
    await wire.put('slow.bin', body);
    await wire.fault({ upstream: 's3', fault: 'hold', after: SIZE / 2 });
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
      `SIGTERM: the bridge accepts no new connections; responses in progress have ${DRAIN_SECONDS} s to finish`,
      'GET /acme-lake/slow.bin 200',
      'ended',
    ]);
  });
});
