// `/-/objects` returns a list as JSON with stable field names, for people and scripts.
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

describe('/-/objects', () => {
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

  it('returns a stable set of fields', async () => {
    const listed = await page('prefix=raw/public/orders');
    const { etag } = (await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).headers;
    const [object] = listed.objects as readonly Record<string, unknown>[];
    assert.deepEqual(listed, {
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

  it('returns any key, even if it contains control characters', async () => {
    const { objects } = await page('prefix=json/');
    assert.deepEqual(new Set(objects.map(({ key }) => key)), new Set(ODD));
  });

  it('groups keys at a delimiter', async () => {
    const { objects, prefixes } = await page('prefix=json/&delimiter=/');
    assert.deepEqual([objects.length, prefixes], [ODD.length - 1, ['json/z/']]);
  });

  it('returns every key, page by page, until next is null', async () => {
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
    it(`rejects ?${query} as ${error}`, async () => {
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
    it(`names the parameter ${parameter} in its error for /-/${query}`, async () => {
      const { text } = await wire.get(`/-/${query}`, { as: 'reader' });
      const problem = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual([problem['parameter'], problem['detail']], [parameter, detail]);
    });
  }

  for (const [what, fault] of [
    ['is truncated', { fault: 'cut', after: 100 }],
    ['is not a list', { fault: 'garbage' }],
    ['is empty', { fault: 'empty' }],
    ['is an error', { fault: 'error', code: 'SlowDown' }],
  ] as const) {
    it(`reports upstream_failed if S3's response ${what}`, async () => {
      await wire.fault({ upstream: 's3', ...fault });
      const reply = await wire.get('/-/objects?bucket=acme-lake', { as: 'reader' });
      await wire.clearFaults();
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [503, 'upstream_failed']);
    });
  }
});
