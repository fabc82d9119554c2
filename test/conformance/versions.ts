// Tests reads of object versions, tags and attributes, and lists of versions.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { DeleteObjectCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Stage } from './stage.ts';

const Bucket = 'acme-versions';
const Key = 'raw/public/versioned.txt';
const PATH = `/${Bucket}/${Key}`;

const values = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);

export function claimVersions(stage: () => Stage): void {
  describe('an object version', () => {
    let [first, second, marker] = ['', '', ''];
    before(async () => {
      const { owner } = stage();
      await owner.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      );
      const put = async (Body: string): Promise<string> =>
        (await owner.send(new PutObjectCommand({ Bucket, Key, Body, Tagging: `is=${Body}` }))).VersionId ??
        '';
      first = await put('first');
      second = await put('second!');
      marker = (await owner.send(new DeleteObjectCommand({ Bucket, Key }))).VersionId ?? '';
    });
    const get = (query: string, method = 'GET') => stage().get(`${PATH}?${query}`, { as: 'reader', method });

    it('can be read by its ID with GET, HEAD and ranges', async () => {
      for (const [id, body] of [
        [first, 'first'],
        [second, 'second!'],
      ] as const) {
        const reply = await get(`versionId=${encodeURIComponent(id)}`);
        assert.deepEqual([reply.status, reply.text, reply.headers['x-amz-version-id']], [200, body, id]);
        const head = await get(`versionId=${encodeURIComponent(id)}`, 'HEAD');
        assert.deepEqual([head.status, head.headers['content-length']], [200, String(body.length)]);
      }
      const path = `${PATH}?versionId=${encodeURIComponent(first)}`;
      assert.equal((await stage().get(path, { as: 'reader', headers: { range: 'bytes=1-2' } })).text, 'ir');
      stage().seen('versionId');
    });

    it('hides the object and cannot be read if it is a delete marker', async () => {
      const hidden = await stage().get(PATH, { as: 'reader' });
      assert.deepEqual([hidden.status, hidden.code], [404, 'NoSuchKey']);
      const read = await get(`versionId=${encodeURIComponent(marker)}`);
      // Ceph 16 treats a delete marker as a missing object and omits x-amz-delete-marker. S3 responds with 405 and this header.
      if (stage().store === 'Ceph') assert.deepEqual([read.status, read.code], [404, 'NoSuchKey']);
      else assert.deepEqual([read.status, hidden.headers['x-amz-delete-marker']], [405, 'true']);
    });

    it('causes an error if its ID never existed', async () => {
      const reply = await get('versionId=nonsense');
      // Ceph 16 responds with NoSuchKey, not NoSuchVersion, to a read request for a missing version.
      if (stage().store === 'Ceph') assert.deepEqual([reply.status, reply.code], [404, 'NoSuchKey']);
      else assert.ok([400, 404].includes(reply.status), String(reply.status));
    });

    it('is listed after all newer versions of the object, even across pages', async () => {
      const list = async (query: string): Promise<string> => {
        const reply = await stage().get(`/${Bucket}?versions&prefix=raw/${query}`, { as: 'reader' });
        assert.equal(reply.status, 200, reply.text);
        return reply.text;
      };
      const whole = await list('');
      assert.deepEqual(values(whole, 'VersionId'), [marker, second, first]);
      assert.deepEqual(values(whole, 'IsLatest'), ['true', 'false', 'false']);
      assert.equal([...whole.matchAll(/<DeleteMarker>/g)].length, 1);
      const paged: string[] = [];
      for (let more: string | undefined = ''; more !== undefined;) {
        const page: string = await list(`&max-keys=1${more}`);
        paged.push(...values(page, 'VersionId'));
        const [key = '', version = ''] = [
          ...values(page, 'NextKeyMarker'),
          ...values(page, 'NextVersionIdMarker'),
        ];
        const next = new URLSearchParams({ 'key-marker': key, 'version-id-marker': version });
        more = values(page, 'IsTruncated')[0] === 'true' ? `&${next.toString()}` : undefined;
      }
      assert.deepEqual(paged, [marker, second, first]);
      stage().seen('ListObjectVersions');
    });

    it('has its own tags', async () => {
      for (const [id, tag] of [
        [first, 'first'],
        [second, 'second!'],
      ] as const) {
        const reply = await get(`tagging&versionId=${encodeURIComponent(id)}`);
        assert.equal(reply.status, 200, reply.text);
        assert.deepEqual([values(reply.text, 'Key'), values(reply.text, 'Value')], [['is'], [tag]]);
      }
    });

    it('is denied to callers without a grant for versions', async () => {
      const reply = await stage().get('/acme-lake/raw/public/orders.csv?versionId=null', { as: 'scoped' });
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'not_granted']);
    });
  });

  describe('a request for tags or attributes', () => {
    before(() => stage().put('raw/public/tagged', 'tagged', { Tagging: 'team=lake&stage=raw%20data' }));

    it("returns the object's tags", async () => {
      const reply = await stage().get('/acme-lake/raw/public/tagged?tagging', { as: 'reader' });
      assert.equal(reply.status, 200, reply.text);
      const pairs = values(reply.text, 'Key').map(
        (key, i) => `${key}=${values(reply.text, 'Value')[i] ?? ''}`,
      );
      assert.deepEqual(pairs.sort(), ['stage=raw data', 'team=lake']);
      const { headers } = await stage().get('/acme-lake/raw/public/tagged', { as: 'reader' });
      assert.equal(headers['x-amz-tagging-count'], '2');
      stage().seen('GetObjectTagging');
    });

    it("returns the object's attributes", async () => {
      const headers = { 'x-amz-object-attributes': 'ETag,ObjectSize' };
      const reply = await stage().get('/acme-lake/raw/public/tagged?attributes', { as: 'reader', headers });
      // Ceph 16 supports neither GetObjectAttributes nor its action, so the action cannot be granted.
      if (stage().store === 'Ceph') {
        assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'not_granted']);
        return;
      }
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(values(reply.text, 'ObjectSize'), ['6']);
      stage().seen('GetObjectAttributes');
    });
  });
}
