// The bridge passes every valid key to S3 without changing any byte.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** Escapes every byte, so that the test shares no encoder with the bridge. */
const escapeAll = (key: string): string =>
  [...Buffer.from(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const ODD_KEYS = [
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

describe('object keys', () => {
  let wire: Wire;
  let authorization: string;
  before(async () => {
    wire = await startWire();
    authorization = `Bearer ${await wire.token('reader')}`;
  });
  after(() => wire.close());

  const assertReadsBack = async (key: string): Promise<void> => {
    await wire.put(key, `this is ${key}`);
    const reply = await wire.get(`/acme-lake/${escapeAll(key)}`, { headers: { authorization } });
    assert.equal(reply.status, 200, JSON.stringify(key));
    assert.equal(reply.text, `this is ${key}`);
    // The same key in a query names the same object.
    const named = await wire.get(`/-/object?key=${escapeAll(key)}&bucket=acme-lake`, {
      headers: { authorization },
    });
    assert.equal(named.text, `this is ${key}`);
  };

  for (const key of ODD_KEYS) {
    it(`such as ${JSON.stringify(key).slice(0, 40)} round-trip unchanged`, () => assertReadsBack(key));
  }

  it('with any ASCII or Latin-1 character except NUL round-trip unchanged', async () => {
    for (let byte = 1; byte < 0x80; byte += 1) await assertReadsBack(`byte/${String.fromCharCode(byte)}`);
    for (let point = 0x80; point <= 0xff; point += 1)
      await assertReadsBack(`latin/${String.fromCodePoint(point)}`);
  });

  it('made of random characters round-trip unchanged', async () => {
    const anyKey = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .filter((key) => key.isWellFormed() && !key.includes('\0'));
    await fc.assert(fc.asyncProperty(anyKey, assertReadsBack), { numRuns: 150 });
  });

  it('name the same object if they are sent without optional escapes', async () => {
    await wire.put('a/../b//c', 'dots and slashes');
    const reply = await wire.get('/acme-lake/a/../b//c', { headers: { authorization } });
    assert.equal(reply.text, 'dots and slashes');
  });

  it("that are invalid are rejected with S3's error codes", async () => {
    for (const [path, code] of [
      ['/acme-lake/%zz', 'InvalidURI'],
      ['/acme-lake/%C3', 'InvalidURI'],
      ['/acme-lake/%00', 'InvalidURI'],
      [`/acme-lake/${'k'.repeat(1025)}`, 'KeyTooLongError'],
      ['/ACME/x', 'InvalidBucketName'],
      ['//acme-lake/x', 'InvalidBucketName'],
      ['/acme-lake%2fraw/x', 'InvalidBucketName'],
    ] as const) {
      const reply = await wire.get(path, { headers: { authorization } });
      assert.equal(reply.status, 400, path.slice(0, 60));
      assert.equal(reply.code, code);
    }
  });
});
