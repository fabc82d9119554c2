// If S3's body ends early, the bridge closes the caller's connection, so that a short body never looks complete.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../../support/bridge-process.ts';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { open, request } from '../../support/http-request.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

const SIZE = 3_000_000;
const PATH = '/acme-lake/raw/big.bin';
/** A pause that exceeds the bridge's timeout for the next byte from S3. */
const STALL_MS = 31_000;

/**
 * The bridge requests the rest of the body up to three times, but S3 truncates each response, so the body is never completed.
 */
describe('a body that S3 truncates every time', () => {
  let wire: ClockedWire;
  let truncated = 0;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await wire.put('raw/big.bin', Buffer.alloc(SIZE, 'x'));
  });
  after(() => wire.close());

  const authorized = async () => ({ headers: { authorization: `Bearer ${await wire.token('reader')}` } });
  const assertLogged = async (): Promise<void> => {
    const lines = (): readonly LogLine[] => wire.bridge.lines.filter(({ complete }) => complete === false);
    truncated += 1;
    await until('the early close is logged', () => lines().length === truncated);
    const line = lines().at(-1);
    assert.equal(line?.['abortedBy'], 's3');
    assert.equal(line['severity'], 'ERROR');
  };

  for (const [what, fault] of [
    ['by closing the connection', { fault: 'cut', after: 500_000 }],
    ['before its first byte', { fault: 'cut', after: 0 }],
    ['by sending less than its Content-Length', { fault: 'wrong-length', by: 10 }],
  ] as const) {
    it(`${what} makes the bridge close the caller's response early`, async () => {
      await wire.fault({ upstream: 's3', path: 'big.bin', ...fault });
      await assert.rejects(request(wire.bridge.url, PATH, await authorized()));
      await wire.clearFaults();
      await assertLogged();
    });
  }

  it("by stalling makes the bridge close the caller's response early", async () => {
    await wire.fault({ upstream: 's3', path: 'big.bin', fault: 'stall', after: 500_000 });
    const response = await open(wire.bridge.url, PATH, await authorized());
    const received = response.toArray();
    received.catch(() => undefined);
    let silentMs = 0;
    await until('the connection to the caller is closed', async () => {
      silentMs += STALL_MS;
      await wire.setClocks({ steadyAheadMs: silentMs });
      return response.destroyed;
    });
    await assert.rejects(received);
    await wire.clearFaults();
    await assertLogged();
  });

  it('does not affect the next read', async () => {
    const reply = await wire.get(PATH, { as: 'reader' });
    assert.equal(reply.status, 200);
    assert.equal(reply.body.length, SIZE);
  });
});
