// `/-/objects` tells a list as JSON, with names that stay, for people and scripts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

interface Page {
  readonly objects: readonly { readonly key: string }[];
  readonly prefixes: readonly string[];
  readonly next: string | null;
}

const ODD = ['json/a b+c%20&d', 'json/\u0001\u001f', 'json/<é>"日本😀\'', 'json/line\nfeed', 'json/z/deep'];

describe('a list as JSON', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    for (const key of ODD) await wire.put(key, key);
  });
  after(() => wire.close());

  const page = async (query: string): Promise<Page> => {
    const reply = await wire.get(`/-/objects?bucket=acme-lake&${query}`, { as: 'reader' });
    assert.deepEqual([reply.status, reply.headers['content-type']], [200, 'application/json'], reply.text);
    return JSON.parse(reply.text) as Page;
  };

  it('has these names', async () => {
    const told = await page('prefix=raw/public/orders');
    const { etag } = (await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).headers;
    const [object] = told.objects as readonly Record<string, unknown>[];
    assert.deepEqual(told, {
      bucket: 'acme-lake',
      prefix: 'raw/public/orders',
      prefixes: [],
      next: null,
      objects: [
        {
          key: 'raw/public/orders.csv',
          size: 55,
          lastModified: object?.['lastModified'],
          etag,
          storageClass: 'STANDARD',
        },
      ],
    });
    assert.match(String(object?.['lastModified']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('holds any key, control characters included', async () => {
    const { objects } = await page('prefix=json/');
    assert.deepEqual(new Set(objects.map(({ key }) => key)), new Set(ODD));
  });

  it('stops at a delimiter', async () => {
    const { objects, prefixes } = await page('prefix=json/&delimiter=/');
    assert.deepEqual([objects.length, prefixes], [ODD.length - 1, ['json/z/']]);
  });

  it('goes on until next is null', async () => {
    const keys: string[] = [];
    let more = '';
    for (;;) {
      const { objects, next } = await page(`prefix=json/&limit=2${more}`);
      assert.ok(objects.length <= 2);
      keys.push(...objects.map(({ key }) => key));
      if (next === null) break;
      more = `&continue=${encodeURIComponent(next)}`;
    }
    assert.deepEqual(
      keys,
      (await page('prefix=json/')).objects.map(({ key }) => key),
    );
  });

  for (const [query, status, error] of [
    ['bucket=acme-lake&limit=0', 400, 'invalid_request'],
    ['bucket=acme-lake&limit=1001', 400, 'invalid_request'],
    ['bucket=acme-lake&limit=-1', 400, 'invalid_request'],
    ['bucket=acme-lake&limit=', 400, 'invalid_request'],
    ['bucket=acme-lake&continue=nonsense', 400, 'invalid_request'],
    ['bucket=acme-lake&prefix=a&prefix=b', 400, 'invalid_request'],
    ['prefix=a', 400, 'invalid_request'],
    ['', 400, 'invalid_request'],
    ['bucket=acme-lake&max-keys=1', 501, 'not_implemented'],
    ['bucket=acme-lake&list-type=2', 501, 'not_implemented'],
    ['bucket=acme-nowhere', 403, 'not_granted'],
  ] as const) {
    it(`?${query} is the problem ${error}`, async () => {
      const reply = await wire.get(`/-/objects${query === '' ? '' : '?'}${query}`, { as: 'reader' });
      assert.deepEqual([reply.status, reply.headers['content-type']], [status, 'application/problem+json']);
      assert.equal((JSON.parse(reply.text) as { error: string }).error, error);
    });
  }

  for (const [query, parameter, detail] of [
    ['objects?bucket=acme-lake&limit=abc', 'limit', 'limit must be a whole number from 1 to 1000'],
    ['objects?prefix=a', 'bucket', 'bucket must be given'],
    ['object?bucket=acme-lake', 'key', 'key must be given'],
    ['objects?bucket=acme-lake&max-keys=1', 'max-keys', undefined],
  ] as const) {
    it(`/-/${query} names the parameter ${parameter}`, async () => {
      const { text } = await wire.get(`/-/${query}`, { as: 'reader' });
      const problem = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual([problem['parameter'], problem['detail']], [parameter, detail]);
    });
  }

  for (const [what, fault] of [
    ['is cut', { fault: 'cut', after: 100 }],
    ['is no list', { fault: 'garbage' }],
    ['is empty', { fault: 'empty' }],
    ['is an error', { fault: 'error', code: 'SlowDown' }],
  ] as const) {
    it(`of which S3's answer ${what} is S3's failure`, async () => {
      await wire.fault({ supplier: 's3', ...fault });
      const reply = await wire.get('/-/objects?bucket=acme-lake', { as: 'reader' });
      await wire.clearFaults();
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [503, 'upstream_failed']);
    });
  }
});
