// A process whose event loop lags for several seconds rejects new reads with SlowDown. Probes and streams continue, and the
// process recovers.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { open } from '../../support/http-request.ts';
import { startHarmedWire } from '../../support/provoked-fault.ts';
import type { HarmedWire } from '../../support/provoked-fault.ts';
import { openToProject, READABLE } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

const SIZE = 4_000_000;
/** The number of one-second pauses. If the bridge counted pauses as lag, it would reject reads after only three of them. */
const PAUSES = 5;

describe('a process whose event loop lags', () => {
  let wire: HarmedWire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startHarmedWire({ config: openToProject('limits: { stall: 1h }') });
    await wire.put('slow.bin', body);
    await wire.fault({ upstream: 's3', path: 'slow.bin', fault: 'hold', after: SIZE / 2 });
  });
  after(() => wire.close());

  const status = async (): Promise<number> => (await wire.get(READABLE, { as: 'reader' })).status;
  const digestOf = async (response: IncomingMessage): Promise<string> => {
    const digest = createHash('sha256');
    for await (const chunk of response) digest.update(chunk as Buffer);
    return digest.digest('hex');
  };

  it('does not reject reads because of one long pause', async () => {
    assert.equal(await status(), 200);
    await wire.harm({ what: 'pause', milliseconds: 4_000 });
    assert.equal(await status(), 200);
    for (let i = 0; i < 20; i += 1) assert.equal(await status(), 200);
  });

  it('does not reject reads because of pauses between them, which occur with request-based CPU allocation', async () => {
    assert.equal(await status(), 200);
    for (let i = 0; i < PAUSES; i += 1) {
      process.kill(wire.bridge.pid, 'SIGSTOP');
      await sleep(1_000);
      process.kill(wire.bridge.pid, 'SIGCONT');
      await sleep(50);
    }
    assert.equal(await status(), 200);
  });

  it('rejects new reads, but still responds to probes and does not affect streams', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const stream = await open(wire.bridge.url, '/acme-lake/slow.bin', { headers });
    const digest = digestOf(stream);
    await wire.harm({ what: 'lag', milliseconds: 500 });
    await until('new reads are rejected', async () => (await status()) === 503);
    const rejected = await wire.get(READABLE, { as: 'reader' });
    assert.equal(rejected.code, 'SlowDown');
    assert.equal(rejected.headers['retry-after'], '1');
    assert.equal(rejected.headers['x-fedbridge-error'], 'overloaded');
    const line = await wire.bridge.line(({ fault }) => fault === 'event_loop_lagging');
    assert.ok((line['cause'] as { lagMilliseconds: number }).lagMilliseconds > 100);
    assert.match(String(line['remedy']), /CPU/);
    assert.equal((await wire.get('/-/live')).status, 200);
    assert.equal((await wire.get('/-/ready')).status, 200);

    await wire.harm({ what: 'none' });
    await until('it serves again', async () => (await status()) === 200);
    await wire.clearFaults();
    assert.equal(stream.statusCode, 200);
    assert.equal(await digest, createHash('sha256').update(body).digest('hex'));
  });
});
