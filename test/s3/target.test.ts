// A request target is split into a bucket and a key without changing any byte of the key.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../src/errors/fault.ts';
import { encodeKey, readTarget } from '../../src/s3/target.ts';

const meanings: readonly (readonly [url: string, bucket: string, key: string, query: string])[] = [
  ['/', '', '', ''],
  ['/acme-lake', 'acme-lake', '', ''],
  ['/acme-lake/', 'acme-lake', '', ''],
  ['/acme-lake?list-type=2&prefix=a/b', 'acme-lake', '', 'list-type=2&prefix=a/b'],
  ['/acme-lake/a/b.csv', 'acme-lake', 'a/b.csv', ''],
  ['/acme-lake/a?x-id=GetObject', 'acme-lake', 'a', 'x-id=GetObject'],
  ['/acme-lake//a', 'acme-lake', '/a', ''],
  ['/acme-lake/a//b/', 'acme-lake', 'a//b/', ''],
  ['/acme-lake/a/../b', 'acme-lake', 'a/../b', ''],
  ['/acme-lake/./a', 'acme-lake', './a', ''],
  ['/acme-lake/%2e%2e/b', 'acme-lake', '../b', ''],
  ['/acme-lake/a+b', 'acme-lake', 'a+b', ''],
  ['/acme-lake/a%20b%2Bc', 'acme-lake', 'a b+c', ''],
  ['/acme-lake/a%2Fb', 'acme-lake', 'a/b', ''],
  ['/acme-lake/a%252Fb', 'acme-lake', 'a%2Fb', ''],
  ['/acme-lake/a\\b', 'acme-lake', 'a\\b', ''],
  ['/acme-lake/%E6%97%A5', 'acme-lake', '日', ''],
  ['/acme-lake/a#b', 'acme-lake', 'a#b', ''],
];

const refusals: readonly (readonly [url: string, code: string])[] = [
  ['http://elsewhere.example/acme-lake/a', 'target_not_path'],
  ['*', 'target_not_path'],
  ['//acme-lake/a', 'bucket_name_invalid'],
  ['/acme-lake%2Fa/b', 'bucket_name_invalid'],
  ['/Acme/a', 'bucket_name_invalid'],
  ['/..', 'bucket_name_invalid'],
  ['/acme-lake/%', 'escape_invalid'],
  ['/acme-lake/%zz', 'escape_invalid'],
  ['/acme-lake/%C3', 'escape_invalid'],
  ['/acme-lake/%ED%A0%80', 'escape_invalid'],
  ['/acme-lake/%00', 'key_holds_nul'],
  [`/acme-lake/${'a'.repeat(1025)}`, 'key_too_long'],
  [`/acme-lake/${'%E6%97%A5'.repeat(342)}`, 'key_too_long'],
];

describe('a request target', () => {
  for (const [url, bucket, key, query] of meanings) {
    it(`${url} names the key ${JSON.stringify(key)}`, () => {
      assert.deepEqual(readTarget(url), { bucket, key, query });
    });
  }
  for (const [url, code] of refusals) {
    it(`${url.slice(0, 40)} is rejected with ${code}`, () => {
      assert.throws(
        () => readTarget(url),
        (error) => error instanceof Fault && error.code === code,
      );
    });
  }
  it('with an escaped key is decoded to that key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (key) => {
        fc.pre(key.isWellFormed() && !key.includes('\0') && Buffer.byteLength(key) <= 1024);
        assert.equal(readTarget(`/acme-lake/${encodeKey(key)}`).key, key);
      }),
    );
  });
  it('may contain a key of 1,024 bytes', () => {
    assert.equal(readTarget(`/acme-lake/${'k'.repeat(1024)}`).key.length, 1024);
  });
});
