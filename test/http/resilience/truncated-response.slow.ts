// Where S3's body ends early, the caller's connection is cut: a short body never looks complete.
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
/** Longer than S3 may send nothing. */
const STALL_MS = 31_000;

/** Also when it is asked for the rest, which is three times: that does not make the whole. */
describe('a body that S3 cuts each time', () => {
  let wire: ClockedWire;
  let cuts = 0;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await wire.put('raw/big.bin', Buffer.alloc(SIZE, 'x'));
  });
  after(() => wire.close());

  const authorized = async () => ({ headers: { authorization: `Bearer ${await wire.token('reader')}` } });
  const assertTold = async (): Promise<void> => {
    const lines = (): readonly LogLine[] => wire.bridge.lines.filter(({ complete }) => complete === false);
    cuts += 1;
    await until('the log tells of it', () => lines().length === cuts);
    const line = lines().at(-1);
    assert.equal(line?.['abortedBy'], 's3');
    assert.equal(line['severity'], 'ERROR');
  };

  for (const [what, fault] of [
    ['by ending the connection', { fault: 'cut', after: 500_000 }],
    ['at its very first byte', { fault: 'cut', after: 0 }],
    ['by promising more than it sends', { fault: 'wrong-length', by: 10 }],
  ] as const) {
    it(`${what} is cut for the caller too`, async () => {
      await wire.fault({ supplier: 's3', path: 'big.bin', ...fault });
      await assert.rejects(request(wire.bridge.url, PATH, await authorized()));
      await wire.clearFaults();
      await assertTold();
    });
  }

  it('by going silent is cut for the caller too', async () => {
    await wire.fault({ supplier: 's3', path: 'big.bin', fault: 'stall', after: 500_000 });
    const response = await open(wire.bridge.url, PATH, await authorized());
    const received = response.toArray();
    received.catch(() => undefined);
    let silentMs = 0;
    await until('the caller is cut', async () => {
      silentMs += STALL_MS;
      await wire.setClocks({ steadyAheadMs: silentMs });
      return response.destroyed;
    });
    await assert.rejects(received);
    await wire.clearFaults();
    await assertTold();
  });

  it('does not harm the next read', async () => {
    const reply = await wire.get(PATH, { as: 'reader' });
    assert.equal(reply.status, 200);
    assert.equal(reply.body.length, SIZE);
  });
});
