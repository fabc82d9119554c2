// Each deferred write is sent once, in order, at the end of the current turn of the event loop. At most a few dozen writes
// wait.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deferredWrites } from '../../src/runtime/deferred-writes.ts';

const range = (length: number): number[] => Array.from({ length }, (_, n) => n);

describe('a deferred write', () => {
  it('is sent at the end of the current turn of the event loop', async () => {
    const atEndOfTurn = deferredWrites();
    for (const turn of range(3)) {
      const sent: number[] = [];
      for (const n of range(5)) atEndOfTurn(() => sent.push(n));
      await Promise.resolve();
      assert.deepEqual(sent, [], `turn ${turn}`);
      await nextTurn();
      assert.deepEqual(sent, range(5), `turn ${turn}`);
    }
  });

  it('is sent before the end of the turn of the event loop if many other writes are deferred', async () => {
    const atEndOfTurn = deferredWrites();
    const sent: number[] = [];
    for (const n of range(1_000)) {
      atEndOfTurn(() => sent.push(n));
      assert.ok(n - sent.length < 64, `${n} writes were deferred, but only ${sent.length} were sent`);
      // The write must be sent later, so that the function that deferred it can finish its work first.
      assert.notEqual(sent.at(-1), n, `${n} was sent during the call that deferred it`);
    }
    await nextTurn();
    assert.deepEqual(sent, range(1_000));
  });

  it('is sent in the next turn of the event loop if it was queued during another deferred write', async () => {
    const atEndOfTurn = deferredWrites();
    const sent: string[] = [];
    atEndOfTurn(() => {
      sent.push('first');
      atEndOfTurn(() => sent.push('deferred by it'));
    });
    atEndOfTurn(() => sent.push('second'));
    await nextTurn();
    assert.deepEqual(sent, ['first', 'second']);
    await nextTurn();
    assert.deepEqual(sent, ['first', 'second', 'deferred by it']);
  });
});
