// An LRU list has the same order as a Map in which each used entry is deleted and reinserted.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { it } from 'node:test';
import { lruList } from '../../src/runtime/lru-list.ts';
import type { LruEntry } from '../../src/runtime/lru-list.ts';

const STEPS = 20_000;
const ITEMS = 12;

it('an LRU list is always ordered by last use', () => {
  const uses = lruList<number>();
  const model = new Map<number, LruEntry<number>>();
  const done: string[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const item = randomInt(ITEMS);
    const place = model.get(item);
    const what = place === undefined ? 'add' : randomInt(3) === 0 ? 'remove' : 'use';
    done.push(`${what} ${item}`);
    model.delete(item);
    if (place === undefined) model.set(item, uses.add(item));
    else if (what === 'remove') uses.remove(place);
    else {
      uses.use(place);
      model.set(item, place);
    }
    const last = done.slice(-ITEMS).join(', ');
    assert.deepEqual([...uses.items()], [...model.keys()], last);
    assert.equal(uses.size(), model.size, last);
    assert.equal(uses.oldest()?.item, model.keys().next().value, last);
  }
});
