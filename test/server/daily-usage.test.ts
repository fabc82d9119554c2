// Bytes are counted per caller and UTC day; reads wait for holds, but never for reads whose length is known.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { dailyUsage } from '../../src/server/daily-usage.ts';
import type { CallerUsage } from '../../src/server/daily-usage.ts';

const MIDNIGHT = Date.UTC(2026, 10, 30);

describe('the usage of a day', () => {
  const start = (at = MIDNIGHT - 1) => {
    const clock = { at };
    const usage = dailyUsage(() => clock.at);
    const of = (limit: number, subject = '1'): CallerUsage =>
      usage.of(subject, { limit, onReserved: () => undefined });
    return { clock, usage, of };
  };
  const reserve = (usage: CallerUsage, bytes: number, isHold = false) =>
    usage.reserve(bytes, createCancellation(), isHold);

  it('starts again at 00:00 UTC', async () => {
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

  it('counts a read for the day on which it began', async () => {
    const { clock, of } = start();
    const own = of(100);
    const before = await reserve(own, 80);
    clock.at = MIDNIGHT;
    before?.receive(80);
    before?.close();
    assert.deepEqual([own.used(), own.left()], [0, 100]);
  });

  it('does not start again when the clock goes back and forth across midnight', async () => {
    const { clock, of } = start(MIDNIGHT);
    const own = of(100);
    (await reserve(own, 60))?.close(60);
    clock.at = MIDNIGHT - 1;
    assert.equal(own.left(), 40);
    clock.at = MIDNIGHT;
    assert.equal(own.left(), 40);
  });

  it('counts each caller on its own, and continues to count after a change of the limit', async () => {
    const { of } = start();
    (await reserve(of(100), 60))?.close(60);
    assert.equal(of(100, '2').left(), 100);
    assert.equal(of(50).left(), -10);
    assert.equal(await reserve(of(50), 0), undefined);
    assert.equal(of(1000).left(), 940);
  });

  it('returns what was reserved and not received', async () => {
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

  it('lets reads wait for holds, in order, and then decides', async () => {
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

  it('does not let a read wait that cannot fit', async () => {
    const { of } = start();
    const own = of(100);
    own.hold(10, true);
    await reserve(own, 20);
    assert.equal(await reserve(own, 81), undefined);
  });

  it('stops waiting when the caller disconnects', async () => {
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

  it('gives holds for unknown lengths only while plenty is left', () => {
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

  it('does not let a response exceed the budget once its length is known', () => {
    const { of } = start();
    const own = of(100);
    const hold = own.hold(10, false);
    assert.equal(hold?.fix(101), false);
    assert.equal(hold.fix(100), true);
    assert.equal(own.left(), 0);
  });
});
