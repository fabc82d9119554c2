// An outage of S3 is not made worse by retries: they are a tenth of what callers ask, and ten a second beside that.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { refuse, startClockedStoodInWire } from '../../support/stand-in-wire.ts';

const WAVES = 4;
const AT_ONCE = 100;
const A_SECOND = 10;
/** The last five retries are for other callers, and a sum of tenths may fall one short. */
const KEPT_BACK = 6;

function assertWithin(retries: number, budget: number): void {
  assert.ok(retries <= budget && retries >= budget - KEPT_BACK, `${retries} retries, budget ${budget}`);
}

it('while S3 fails, it is asked hardly more often than callers ask', async (test) => {
  const wire = await startClockedStoodInWire();
  test.after(() => wire.close());
  await wire.setClocks({ steadyStands: true });
  wire.s3Answers((_, response) => {
    refuse(response, 500, 'InternalError');
  });
  const askAll = async (): Promise<void> => {
    const replies = await Promise.all(Array.from({ length: AT_ONCE }, () => wire.read()));
    assert.deepEqual(new Set(replies.map(({ code }) => code)), new Set(['InternalError']));
  };
  for (let wave = 0; wave < WAVES; wave += 1) await askAll();
  const retries = wire.asked().length - WAVES * AT_ONCE;
  assertWithin(retries, A_SECOND + (WAVES * AT_ONCE) / 10);
  assert.equal(await wire.repeated('500'), retries);

  await wire.setClocks({ steadyStands: true, steadyAheadMs: 60_000 });
  await askAll();
  const more = wire.asked().length - (WAVES + 1) * AT_ONCE - retries;
  // A quiet minute is worth no more than a second, and fills up what was left.
  assert.ok(more >= AT_ONCE / 10 && more <= A_SECOND + AT_ONCE / 10, `${more} retries`);
});
