// Retries do not make an S3 outage worse: they are limited to a tenth of the callers' requests plus ten per second.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { refuse, startClockedStoodInWire } from '../../support/stand-in-wire.ts';

const WAVES = 4;
const AT_ONCE = 100;
const PER_SECOND = 10;
/** The last five retries in the budget are reserved for other callers, and rounding may cost one more. */
const RESERVED = 6;

function assertWithin(retries: number, budget: number): void {
  assert.ok(retries <= budget && retries >= budget - RESERVED, `${retries} retries, budget ${budget}`);
}

it('the bridge sends S3 only slightly more requests than it receives while S3 is failing', async (test) => {
  const wire = await startClockedStoodInWire();
  test.after(() => wire.close());
  await wire.setClocks({ steadyStands: true });
  wire.s3Answers((_, response) => {
    refuse(response, 500, 'InternalError');
  });
  const requestAll = async (): Promise<void> => {
    const replies = await Promise.all(Array.from({ length: AT_ONCE }, () => wire.read()));
    assert.deepEqual(new Set(replies.map(({ code }) => code)), new Set(['InternalError']));
  };
  for (let wave = 0; wave < WAVES; wave += 1) await requestAll();
  const retries = wire.asked().length - WAVES * AT_ONCE;
  assertWithin(retries, PER_SECOND + (WAVES * AT_ONCE) / 10);
  assert.equal(await wire.repeated('500'), retries);

  await wire.setClocks({ steadyStands: true, steadyAheadMs: 60_000 });
  await requestAll();
  const more = wire.asked().length - (WAVES + 1) * AT_ONCE - retries;
  // After an idle minute, no more retries are allowed than after one idle second.
  assert.ok(more >= AT_ONCE / 10 && more <= PER_SECOND + AT_ONCE / 10, `${more} retries`);
});
