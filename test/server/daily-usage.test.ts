// The bridge counts bytes from S3 per caller and UTC day. A hold reserves bytes for a response whose length is not yet known.
// Reads wait for holds, but never for reservations of a known length.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { dailyUsage } from '../../src/server/daily-usage.ts';
import type { CallerUsage } from '../../src/server/daily-usage.ts';

const MIDNIGHT = Date.UTC(2026, 10, 30);

describe('the daily egress accounting', () => {
  const start = (at = MIDNIGHT - 1) => {
    const clock = { at };
    const usage = dailyUsage(() => clock.at);
    const of = (limit: number, subject = '1'): CallerUsage =>
      usage.of(subject, { limit, onReserved: () => undefined });
    return { clock, usage, of };
  };
  const reserve = (usage: CallerUsage, bytes: number, isHold = false) =>
    usage.reserve(bytes, createCancellation(), isHold);

  it('starts at zero again at 00:00 UTC', async () => {
    const { clock, usage, of } = start();
    const own = of(100);
    (await reserve(own, 100))?.close(100);
    assert.equal(own.left(), 0);
    assert.equal(await reserve(own, 1), undefined);
    clock.at = MIDNIGHT;
    assert.equal(own.left(), 100);
    assert.equal(usage.today().size, 0, 'callers of the day before take no memory');
    assert.notEqual(await reserve(own, 100), undefined);
  });

  it('counts a read for the day on which the read began', async () => {
    const { clock, of } = start();
    const own = of(100);
    const before = await reserve(own, 80);
    clock.at = MIDNIGHT;
    before?.receive(80);
    before?.close();
    assert.deepEqual([own.used(), own.left()], [0, 100]);
  });

  it('does not start at zero again if the clock moves back and forth across midnight', async () => {
    const { clock, of } = start(MIDNIGHT);
    const own = of(100);
    (await reserve(own, 60))?.close(60);
    clock.at = MIDNIGHT - 1;
    assert.equal(own.left(), 40);
    clock.at = MIDNIGHT;
    assert.equal(own.left(), 40);
  });

  it('counts each caller separately, and keeps its counts if a limit changes', async () => {
    const { of } = start();
    (await reserve(of(100), 60))?.close(60);
    assert.equal(of(100, '2').left(), 100);
    assert.equal(of(50).left(), -10);
    assert.equal(await reserve(of(50), 0), undefined);
    assert.equal(of(1000).left(), 940);
  });

  it('counts only the received bytes after a reservation is closed', async () => {
    const { of } = start();
    const own = of(100);
    const reservation = await reserve(own, 100);
    reservation?.receive(30);
    reservation?.close();
    reservation?.close();
    assert.deepEqual([own.used(), own.reserved(), own.left()], [30, 0, 70]);
    reservation?.receive(5);
    assert.equal(own.left(), 65, 'bytes that arrive while the connection closes count');
  });

  it('makes reads wait if they do not fit because of holds for other responses, and then allows or denies them in order', async () => {
    const { of } = start();
    const own = of(100);
    const hold = own.hold(90, true);
    const order: string[] = [];
    const first = reserve(own, 60).then((got) => order.push(got === undefined ? 'denied' : 'first'));
    const second = reserve(own, 50).then((got) => order.push(got === undefined ? 'denied' : 'second'));
    await new Promise(setImmediate);
    assert.deepEqual(order, []);
    assert.equal(own.hold(1, true), undefined, 'no new hold may overtake the reads that wait');
    assert.equal(hold?.fix(10), true);
    await Promise.all([first, second]);
    assert.deepEqual(order, ['first', 'denied']);
  });

  it('denies a read immediately if the read would not fit even without the holds', async () => {
    const { of } = start();
    const own = of(100);
    own.hold(10, true);
    await reserve(own, 20);
    assert.equal(await reserve(own, 81), undefined);
  });

  it('no longer makes a read wait after its caller has disconnected', async () => {
    const { of } = start();
    const own = of(100);
    const hold = own.hold(90, true);
    const cancellation = createCancellation();
    const waiting = own.reserve(50, cancellation, false);
    cancellation.abort();
    await assert.rejects(waiting);
    hold?.close();
    assert.notEqual(own.hold(100, true), undefined);
  });

  it('allows a hold for a response of unknown length only while ample budget is left', () => {
    const { of } = start();
    const own = of(100);
    assert.notEqual(own.hold(25, false), undefined);
    assert.equal(own.hold(25, false), undefined);
    assert.notEqual(own.hold(25, true), undefined);
    const other = of(100, '2');
    other.stopHolding();
    assert.equal(other.hold(1, false), undefined);
    assert.notEqual(other.hold(1, true), undefined);
  });

  it('does not let a hold grow beyond the budget once the length of the response is known', () => {
    const { of } = start();
    const own = of(100);
    const hold = own.hold(10, false);
    assert.equal(hold?.fix(101), false);
    assert.equal(hold.fix(100), true);
    assert.equal(own.left(), 0);
  });
});
