// An outage of S3 is not made worse by retries: they are a tenth of what callers ask, and ten a second beside that.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { refuse, startStoodInWire } from './stood-in-wire.ts';

const WAVES = 4;
const AT_ONCE = 100;
const FLOOR_PER_SECOND = 10;

it('while S3 fails, it is asked hardly more often than callers ask', async (test) => {
  // So short is the deadline of retries then, too.
  const wire = await startStoodInWire('limits: { stall: 1s }');
  test.after(() => wire.close());
  wire.s3Answers((_, response) => {
    refuse(response, 500, 'InternalError');
  });
  const begun = performance.now();
  for (let wave = 0; wave < WAVES; wave += 1) {
    const replies = await Promise.all(Array.from({ length: AT_ONCE }, () => wire.read()));
    assert.deepEqual(new Set(replies.map(({ code }) => code)), new Set(['InternalError']));
  }
  const seconds = (performance.now() - begun) / 1000;
  const requests = WAVES * AT_ONCE;
  const retries = wire.asked().length - requests;
  assert.ok(retries > FLOOR_PER_SECOND, `${retries} retries`);
  const most = requests / 10 + FLOOR_PER_SECOND * (seconds + 1);
  assert.ok(retries <= most, `${retries} retries in ${seconds} s, and no more than ${most} may be`);
  assert.equal(await wire.repeated('500'), retries);
});
