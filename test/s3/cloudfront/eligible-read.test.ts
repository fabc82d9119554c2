// Only the content of objects goes through CloudFront, and only if no CDN rewrites the URL.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayUseCloudFront } from '../../../src/s3/cloudfront/eligible-read.ts';
import { operationOn } from '../../../src/s3/operation.ts';
import type { Method } from '../../../src/s3/operation.ts';

const PLAIN = 'raw/public/orders.csv';

function mayUse(
  key: string,
  query: Readonly<Record<string, string>> = {},
  options: { readonly method?: Method; readonly amzHeaders?: readonly (readonly [string, string])[] } = {},
): boolean {
  const { method = 'GET', amzHeaders = [] } = options;
  const operation = operationOn({ bucket: 'acme-lake', key }, method, new Map(Object.entries(query)));
  assert.ok('actions' in operation);
  return mayUseCloudFront(operation, amzHeaders);
}

describe('through CloudFront', () => {
  for (const key of [
    PLAIN,
    'folder/',
    'a b',
    'dt=2026-11-29/part-0.parquet',
    '~a-b_c.d',
    '...',
    '.hidden',
    'a/..b/c',
    'a./b',
    'é',
    '日本',
    'e\u0301',
    "!*'()",
    'a&b=c@d:e,f$',
    '<a>{b}|^`[c]"',
    'k'.repeat(1024),
  ])
    it(`goes an object with the key ${JSON.stringify(key.slice(0, 40))}`, () => {
      assert.equal(mayUse(key), true);
    });

  it('goes a version, a part, and a read with a checksum or an expected owner', () => {
    assert.equal(mayUse(PLAIN, { versionId: 'v1-_.2' }), true);
    assert.equal(mayUse(PLAIN, { partNumber: '7' }), true);
    const amzHeaders = [
      ['x-amz-checksum-mode', 'ENABLED'],
      ['x-amz-expected-bucket-owner', '123456789012'],
    ] as const;
    assert.equal(mayUse(PLAIN, {}, { amzHeaders }), true);
  });
});

describe('directly to S3', () => {
  for (const key of [
    '/leading',
    '//',
    'a//b',
    'a//',
    '.',
    '..',
    './a',
    '../up',
    'a/.',
    'a/..',
    'a/./b',
    'a/../b',
    'a%2Fb',
    '%',
    'a%20b',
    'a+b',
    'a?b',
    'a#b',
    'a;b',
    'a\\b',
    'a\nb',
    '\u0001',
    '\u007f',
  ])
    it(`goes an object with the key ${JSON.stringify(key)}`, () => {
      assert.equal(mayUse(key), false);
    });

  it('go HEAD requests, lists, tags and attributes', () => {
    assert.equal(mayUse(PLAIN, {}, { method: 'HEAD' }), false);
    assert.equal(mayUse(PLAIN, { tagging: '' }), false);
    assert.equal(mayUse(PLAIN, { attributes: '' }), false);
    assert.equal(mayUse('', { 'list-type': '2' }), false);
    assert.equal(mayUse('', { versions: '' }), false);
  });

  it('go reads with response overrides, and values that need escapes', () => {
    assert.equal(mayUse(PLAIN, { 'response-content-type': 'text/plain' }), false);
    assert.equal(mayUse(PLAIN, { versionId: 'a/b' }), false);
  });

  it('go reads with a customer-provided key, because CloudFront would see the key', () => {
    const amzHeaders = [['x-amz-server-side-encryption-customer-key', 'key']] as const;
    assert.equal(mayUse(PLAIN, {}, { amzHeaders }), false);
  });
});
