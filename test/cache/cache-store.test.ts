// The memory of the cache is bounded: an object that leaves the store of facts takes its confirmations and blocks with it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCacheStore } from '../../src/cache/cache-store.ts';
import type { ObjectSlot } from '../../src/cache/object-slots.ts';
import type { ObjectVersion } from '../../src/cache/object-version.ts';
import { bucketWith } from '../support/bucket.ts';

/** More objects than the store of facts keeps. */
const MANY = 12_000;
const BODY = Buffer.from('body');

function filledStore() {
  const store = createCacheStore(16 * MANY, { blockBytes: 64, pageBytes: 16 });
  const [bucket, session] = [bucketWith(), {}];
  const claimTo = (slot: ObjectSlot) => ({ session, bucket, action: 's3:GetObject', slot });
  const add = (key: string, versionId?: string): { slot: ObjectSlot; version: ObjectVersion } => {
    const slot = store.slots.of(bucket, key, versionId);
    const asked = store.confirmations.ask();
    const facts = { etag: '"1"', lastModified: undefined, versionId: 'v1', size: BODY.length, headers: [] };
    const version = store.slots.learn(slot, { ...facts, isKms: false, isVolatile: false }, asked.order);
    if (store.blocks.find(version, 0) === undefined) {
      const block = store.blocks.begin(version, 0);
      assert.ok(block !== undefined);
      store.blocks.append(block, BODY);
    }
    store.confirmations.record(claimTo(slot), { version, asked, coversBytes: true, own: [] });
    return { slot, version };
  };
  const isKnown = ({ slot, version }: ReturnType<typeof add>) => [
    store.confirmations.find(claimTo(slot)) !== undefined,
    store.blocks.find(version, 0) !== undefined,
  ];
  return { store, add, isKnown };
}

it('forgets the confirmations and blocks of an object that it no longer has facts of', () => {
  const { store, add, isKnown } = filledStore();
  const first = add('first');
  assert.deepEqual(isKnown(first), [true, true]);
  const others = Array.from({ length: MANY }, (_, i) => add(`key-${i}`));
  assert.ok(store.slots.size() < MANY);
  assert.deepEqual(isKnown(first), [false, false]);
  const last = others.at(-1);
  assert.ok(last !== undefined);
  assert.deepEqual(isKnown(last), [true, true]);
  assert.equal(store.blocks.usage().usedBytes, 16 * store.slots.size());
});

it('keeps blocks that are pinned, or that belong to the same version under another name', () => {
  const { store, add } = filledStore();
  const [pinned, shared] = [add('pinned'), add('shared')];
  assert.equal(add('shared', 'v1').version, shared.version);
  const block = store.blocks.find(pinned.version, 0);
  assert.ok(block !== undefined);
  store.blocks.pin(block);
  for (let i = 0; i < MANY; i += 1) {
    add(`key-${i}`);
    store.slots.of(bucketWith(), 'shared', 'v1');
  }
  assert.notEqual(store.blocks.find(pinned.version, 0), undefined);
  assert.equal(store.blocks.text(block, 0, block.length), 'body');
  assert.notEqual(store.blocks.find(shared.version, 0), undefined);
  store.blocks.unpin(block);
});
