// The bridge reads only object content through CloudFront, and only if no CDN would rewrite the URL.
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

describe('the bridge, for a bucket with a CloudFront distribution', () => {
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
    it(`reads an object through CloudFront if its key is ${JSON.stringify(key.slice(0, 40))}`, () => {
      assert.equal(mayUse(key), true);
    });

  it('reads an object through CloudFront even if the request has a version, a part number, a checksum mode or an expected owner', () => {
    assert.equal(mayUse(PLAIN, { versionId: 'v1-_.2' }), true);
    assert.equal(mayUse(PLAIN, { partNumber: '7' }), true);
    const amzHeaders = [
      ['x-amz-checksum-mode', 'ENABLED'],
      ['x-amz-expected-bucket-owner', '123456789012'],
    ] as const;
    assert.equal(mayUse(PLAIN, {}, { amzHeaders }), true);
  });
});

describe('the bridge, for a bucket with a CloudFront distribution', () => {
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
    it(`reads an object directly from S3 if its key is ${JSON.stringify(key)}`, () => {
      assert.equal(mayUse(key), false);
    });

  it('sends HEAD requests, and requests for lists, tags and attributes, directly to S3', () => {
    assert.equal(mayUse(PLAIN, {}, { method: 'HEAD' }), false);
    assert.equal(mayUse(PLAIN, { tagging: '' }), false);
    assert.equal(mayUse(PLAIN, { attributes: '' }), false);
    assert.equal(mayUse('', { 'list-type': '2' }), false);
    assert.equal(mayUse('', { versions: '' }), false);
  });

  it('reads an object directly from S3 if the request has response overrides or a parameter value that needs escapes', () => {
    assert.equal(mayUse(PLAIN, { 'response-content-type': 'text/plain' }), false);
    assert.equal(mayUse(PLAIN, { versionId: 'a/b' }), false);
  });

  it('reads an object directly from S3 if the request has a customer-provided encryption key, because CloudFront would see that key', () => {
    const amzHeaders = [['x-amz-server-side-encryption-customer-key', 'key']] as const;
    assert.equal(mayUse(PLAIN, {}, { amzHeaders }), false);
  });
});
