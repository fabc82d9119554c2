// The store of facts uses a known version again only if S3 reports exactly this version.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { VersionFacts } from '../../src/cache/object-version.ts';
import { objectSlots } from '../../src/cache/object-slots.ts';
import { bucketWith } from '../support/bucket.ts';

const FACTS: VersionFacts = {
  etag: '"1"',
  lastModified: 'Sun, 29 Nov 2026 10:00:00 GMT',
  versionId: undefined,
  size: 5,
  headers: [],
  isKms: false,
  isVolatile: false,
};

it('uses a known version again if S3 reports the same facts', () => {
  const slots = objectSlots();
  const slot = slots.of(bucketWith(), 'key', undefined);
  const known = slots.learn(slot, FACTS, 1);
  assert.equal(slots.learn(slot, { ...FACTS }, 2), known);
});

const changes: Readonly<Record<string, Partial<VersionFacts>>> = {
  'another ETag': { etag: '"2"' },
  'another date': { lastModified: 'Sun, 29 Nov 2026 10:00:01 GMT' },
  'a version ID': { versionId: 'v1' },
  'another size': { size: 6 },
  'encryption with a KMS key, which a 304 does not prove permission for': { isKms: true },
};
for (const [change, changed] of Object.entries(changes))
  it(`does not use a known version again if S3 reports ${change}`, () => {
    const slots = objectSlots();
    const slot = slots.of(bucketWith(), 'key', undefined);
    const known = slots.learn(slot, FACTS, 1);
    const learned = slots.learn(slot, { ...FACTS, ...changed }, 2);
    assert.notEqual(learned, known);
    assert.equal(slot.version, learned);
    assert.equal(learned.isKms, changed.isKms === true);
  });
