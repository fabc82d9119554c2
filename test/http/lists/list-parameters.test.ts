// The bridge's listings are the same as S3's for random keys, prefixes, delimiters and pages.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { directS3, sameSession } from '../../support/direct-s3.ts';
import type { Direct } from '../../support/direct-s3.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SEED = 20_261_122;
const KEYS = 80;

/**
 * A small alphabet, so that prefixes and delimiters often match keys. It includes characters that are often encoded
 * incorrectly.
 */
const CHARACTERS = [
  'a',
  'b',
  '/',
  '/',
  '+',
  ' ',
  '%',
  '&',
  '=',
  "'",
  '<',
  '~',
  '*',
  'é',
  '日',
  '\u{1f600}',
  '\ufb01',
  '\n',
];
const text = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...CHARACTERS), { minLength, maxLength }).map((all) => all.join(''));

const maybe = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .option(value, { nil: undefined })
    .map((given) => (given === undefined ? '' : `&${name}=${encodeURIComponent(given)}`));

const queries = fc
  .tuple(
    fc.constantFrom('list-type=2', 'encoding-type=url', 'list-type=2&encoding-type=url'),
    maybe('prefix', text(0, 3)),
    maybe('delimiter', text(0, 2)),
    maybe('max-keys', fc.integer({ min: 0, max: 30 }).map(String)),
    text(0, 4),
  )
  .map(([kind, prefix, delimiter, most, from]) => {
    const after = kind.startsWith('list-type') ? 'start-after' : 'marker';
    return `${kind}${prefix}${delimiter}${most}&${after}=${encodeURIComponent(from)}`;
  });

describe('a listing', () => {
  let wire: Wire;
  let direct: Direct;
  let authorization: string;
  let keys: readonly string[];
  before(async () => {
    wire = await startWire();
    authorization = `Bearer ${await wire.token('reader')}`;
    keys = [...new Set(fc.sample(text(1, 8), { numRuns: KEYS, seed: SEED }))];
    for (const key of keys) await wire.put(key, '');
    direct = directS3(wire, await sameSession(wire, 'reader'));
  });
  after(() => wire.close());

  it("matches S3's own listing byte for byte, for any prefix, delimiter and page", async () => {
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const path = `/acme-lake?${query}`;
        const [bridge, s3] = await Promise.all([
          wire.get(path, { headers: { authorization } }),
          direct('GET', path),
        ]);
        assert.equal(bridge.status, 200, bridge.text);
        assert.equal(bridge.text, s3.text);
      }),
      { numRuns: 250, seed: SEED },
    );
  });

  it('contains every key once, in order, in JSON pages', async () => {
    await fc.assert(
      fc.asyncProperty(text(0, 2), fc.integer({ min: 1, max: 40 }), async (prefix, limit) => {
        const found: string[] = [];
        let more = '';
        for (;;) {
          const query = `bucket=acme-lake&prefix=${encodeURIComponent(prefix)}&limit=${limit}${more}`;
          const { text } = await wire.get(`/-/objects?${query}`, { headers: { authorization } });
          const { objects, next } = JSON.parse(text) as { objects: { key: string }[]; next: string | null };
          found.push(...objects.map(({ key }) => key));
          if (next === null) break;
          more = `&continue=${encodeURIComponent(next)}`;
        }
        const own = found.filter((key) => keys.includes(key));
        const expected = keys.filter((key) => key.startsWith(prefix));
        assert.deepEqual(
          own,
          expected.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
        assert.equal(new Set(found).size, found.length);
      }),
      { numRuns: 15, seed: SEED },
    );
  });
});
