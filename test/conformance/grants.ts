// Each caller can read only the objects in its grants, and learns nothing about other objects.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Stage } from './stage.ts';

const keysOf = (xml: string): string[] =>
  [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);

export function claimGrants(stage: () => Stage): void {
  describe('callers with different grants', () => {
    before(async () => {
      for (const key of [
        'raw/public/orders.csv',
        'raw/public/2026/a.csv',
        'raw/public-too/x',
        'raw/private/pay.csv',
      ])
        await stage().put(key, key);
      for (const key of ['raw/rates.csv', 'blind/seen']) await stage().put(key, key);
    });
    const status = async (as: 'reader' | 'scoped' | 'stranger', path: string): Promise<string> => {
      const { status: code, headers } = await stage().get(path, { as });
      return `${code} ${String(headers['x-fedbridge-error'] ?? '')}`.trim();
    };

    it('can read exactly what they were granted', async () => {
      for (const [path, reader, scoped, stranger] of [
        ['/acme-lake/raw/public/orders.csv', '200', '200', '403 not_granted'],
        ['/acme-lake/raw/rates.csv', '200', '200', '403 not_granted'],
        ['/acme-lake/raw/private/pay.csv', '200', '403 not_granted', '403 not_granted'],
        ['/acme-lake/raw/public-too/x', '200', '403 not_granted', '403 not_granted'],
        ['/acme-lake/blind/seen', '200', '403 not_granted', '200'],
        ['/acme-nowhere/x', '403 not_granted', '403 not_granted', '403 not_granted'],
      ] as const) {
        assert.equal(await status('reader', path), reader, path);
        assert.equal(await status('scoped', path), scoped, path);
        assert.equal(await status('stranger', path), stranger, path);
      }
    });

    it("get a 404 for a missing object if they may list it, and otherwise S3's own status", async () => {
      assert.equal(await status('reader', '/acme-lake/raw/private/none'), '404 not_found');
      assert.equal(await status('scoped', '/acme-lake/raw/public/none'), '404 not_found');
      // Without s3:ListBucket, S3 responds with 403 for a missing object, but Ceph 16 responds with 404.
      const onCeph = stage().store === 'Ceph';
      assert.equal(
        await status('stranger', '/acme-lake/blind/none'),
        onCeph ? '404 not_found' : '403 upstream_denied',
      );
    });

    it('can list what they were granted, and nothing above or beside it', async () => {
      for (const prefix of ['raw/public/', 'raw/public/2026/', 'raw/public/ord']) {
        const reply = await stage().get(`/acme-lake?list-type=2&prefix=${prefix}`, { as: 'scoped' });
        assert.equal(reply.status, 200, prefix);
        const keys = keysOf(reply.text);
        assert.ok(keys.length > 0 && keys.every((key) => key.startsWith(prefix)), prefix);
      }
      for (const query of [
        '',
        '&prefix=raw/',
        '&prefix=raw/public',
        '&prefix=raw/private/',
        '&prefix=raw/public-too/',
      ])
        assert.equal(await status('scoped', `/acme-lake?list-type=2${query}`), '403 not_granted', query);
      assert.equal(await status('stranger', '/acme-lake?list-type=2&prefix=blind/'), '403 not_granted');
    });

    it('can browse from a parent prefix down to a prefix that they may list', async () => {
      const reply = await stage().get('/acme-lake?list-type=2&delimiter=/&prefix=raw/', { as: 'scoped' });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /<CommonPrefixes><Prefix>raw\/public\/<\/Prefix><\/CommonPrefixes>/);
      assert.doesNotMatch(reply.text, /private|public-too|rates/);
    });

    it('cannot escape a granted prefix with dot segments', async () => {
      for (const path of ['raw/public/../private/pay.csv', 'raw/public/%2e%2e/private/pay.csv'])
        assert.match(await status('scoped', `/acme-lake/${path}`), /^404 not_found$/, path);
    });
  });
}
