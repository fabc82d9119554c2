// A listing above a caller's granted prefixes groups them into common prefixes as S3 does, even if there are many grants.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { byBytes } from '../../src/auth/grants.ts';
import { grantIndex } from '../../src/auth/grants.ts';
import type { Access } from '../../src/auth/grants.ts';
import { visiblePrefixes } from '../../src/auth/visible-prefixes.ts';
import type { Grant } from '../../src/config/types.ts';
import { bucketWith } from '../support/bucket.ts';

const CALLER = { subject: '112010400000000710080' };
const bucket = bucketWith({ name: 'lake', target: 'lake' });

function accessTo(prefixes: readonly string[]): Access | undefined {
  const grants = prefixes.map((prefix): Grant => ({
    position: 0,
    callers: [{ kind: 'id', uniqueId: CALLER.subject }],
    allow: ['list'],
    bucket: 'lake',
    scope: { kind: 'prefix', prefix },
  }));
  return grantIndex(grants, new Map([['lake', bucket]]))(CALLER).get('lake');
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A slow reference implementation of `visiblePrefixes`, which checks every grant. */
function slowly(prefixes: readonly string[], prefix: string, after: string): readonly string[] | undefined {
  const below = prefixes.filter((granted) => granted.startsWith(prefix));
  if (prefixes.some((granted) => prefix.startsWith(granted)) || below.length === 0) return undefined;
  const shown = below.filter((granted) => after.startsWith(granted) || compare(granted, after) > 0);
  const common = shown.map((granted) => granted.slice(0, granted.indexOf('/', prefix.length) + 1));
  return [...new Set(common)].filter((each) => each !== after).sort(compare);
}

const character = fc.constantFrom('a', 'b', '-', '.', '/', '0', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '𐀀');
const text = fc.array(character, { maxLength: 6 }).map((characters) => characters.join(''));

it('granted prefixes are sorted by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(byBytes(a, b)), compare(a, b));
    }),
  );
});

it('a listing shows the same common prefixes as if every grant were checked individually', () => {
  const prefixes = fc.uniqueArray(
    text.map((start) => `${start}/`),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(prefixes, text, text, (granted, prefix, after) => {
      const found = visiblePrefixes(accessTo(granted), { action: 's3:ListBucket', prefix, after });
      assert.deepEqual(found, slowly(granted, prefix, after));
    }),
    { numRuns: 2_000 },
  );
});

it("a caller's granted prefixes are sorted only once", () => {
  const reach = accessTo(['b/', 'a/'])?.byAction.get('s3:ListBucket');
  assert.deepEqual(reach?.sortedPrefixes(), ['a/', 'b/']);
  assert.equal(reach.sortedPrefixes(), reach.sortedPrefixes());
});
