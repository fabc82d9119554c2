// Of one turn of the event loop all sends go out at its end, in order, each once; never more than a few dozen wait.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deferredWrites } from '../../src/runtime/deferred-writes.ts';

const range = (length: number): number[] => Array.from({ length }, (_, n) => n);

describe('a send', () => {
  it('waits for the end of the turn, and for nothing else', async () => {
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

  it('does not wait where many do', async () => {
    const atEndOfTurn = deferredWrites();
    const sent: number[] = [];
    for (const n of range(1_000)) {
      atEndOfTurn(() => sent.push(n));
      assert.ok(n - sent.length < 64, `${n} were to be sent, and ${sent.length} are`);
      // Whoever gives it may have things to do before it is made.
      assert.notEqual(sent.at(-1), n, `${n} was sent within the call that gave it`);
    }
    await nextTurn();
    assert.deepEqual(sent, range(1_000));
  });

  it('that is made by another one waits for the next turn', async () => {
    const atEndOfTurn = deferredWrites();
    const sent: string[] = [];
    atEndOfTurn(() => {
      sent.push('first');
      atEndOfTurn(() => sent.push('made by it'));
    });
    atEndOfTurn(() => sent.push('second'));
    await nextTurn();
    assert.deepEqual(sent, ['first', 'second']);
    await nextTurn();
    assert.deepEqual(sent, ['first', 'second', 'made by it']);
  });
});
