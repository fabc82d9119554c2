// Every key that S3 supports passes through the client, the bridge and the store without any change to its bytes.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Stage } from './stage.ts';

/** Percent-encodes every byte, so that the test does not depend on the bridge's encoder. */
const escapeAll = (key: string): string =>
  [...Buffer.from(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

export const ODD_KEYS: readonly string[] = [
  '/leading',
  'trailing/',
  'a//b',
  '//',
  '.',
  '..',
  '../up',
  'a/./b',
  'a/../b',
  './a',
  'a/..',
  'a+b',
  'a b',
  ' ',
  'a%20b',
  'a%2Fb',
  '%',
  '%41',
  'a?b',
  'a#b',
  'a&b=c',
  'a;b',
  "it's",
  '"quoted"',
  'a\\b',
  'a\nb',
  'a\tb',
  '\u0001',
  '\u007f',
  'é',
  '日本',
  '😀',
  'e\u0301',
  '~a-b_c.d',
  "!*'()",
  '<a>&amp;',
  '{a}|^`[b]',
  'k'.repeat(1024),
  '日'.repeat(341),
];

const EVERY_BYTE: readonly string[] = [
  ...Array.from({ length: 0x7f }, (_, i) => `byte/${String.fromCharCode(i + 1)}`),
  ...Array.from({ length: 0x80 }, (_, i) => `latin/${String.fromCodePoint(i + 0x80)}`),
];

/** @param options.left keys that the store does not support, each with the reason */
export function claimKeys(
  stage: () => Stage,
  options: { readonly left?: ReadonlyMap<string, string> } = {},
): void {
  const left = options.left ?? new Map<string, string>();

  describe('an object key', () => {
    let headers: Record<string, string>;
    before(async () => {
      headers = { authorization: `Bearer ${await stage().token('reader')}` };
    });

    const comesBack = async (key: string): Promise<void> => {
      await stage().put(key, `this is ${key}`);
      for (const url of [
        `/acme-lake/${escapeAll(key)}`,
        `/-/object?bucket=acme-lake&key=${escapeAll(key)}`,
      ]) {
        const reply = await stage().get(url, { headers });
        assert.deepEqual([key, reply.status, reply.text], [key, 200, `this is ${key}`]);
      }
    };

    for (const key of ODD_KEYS) {
      const reason = left.get(key);
      const options = reason === undefined ? {} : { skip: reason };
      it(`${JSON.stringify(key).slice(0, 40)} round-trips unchanged`, options, () => comesBack(key));
    }

    it('may contain any byte that is valid in UTF-8', async () => {
      for (const key of EVERY_BYTE) await comesBack(key);
    });

    it('may contain any Unicode characters', async () => {
      const anyKey = fc
        .string({ unit: 'binary', minLength: 1, maxLength: 60 })
        .filter((key) => key.isWellFormed() && !key.includes('\0') && !left.has(key));
      await fc.assert(fc.asyncProperty(anyKey, comesBack), { numRuns: 150 });
    });

    it('names the same object in a query parameter that is encoded as a form', async () => {
      for (const key of ODD_KEYS.filter((one) => !left.has(one))) {
        await stage().put(key, `this is ${key}`);
        const query = new URLSearchParams({ bucket: 'acme-lake', key }).toString();
        const reply = await stage().get(`/-/object?${query}`, { headers });
        assert.deepEqual([key, reply.status, reply.text], [key, 200, `this is ${key}`]);
      }
    });

    it('names the same object with and without optional escapes', async () => {
      await stage().put('a/../b//c', 'dots and slashes');
      assert.equal((await stage().get('/acme-lake/a/../b//c', { headers })).text, 'dots and slashes');
    });
  });
}
