// Only callers with the right `versions` can read and list old versions.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { configured, emailOf, READER_MAY_ALL } from '../../support/configuration.ts';
import { keepVersions, ownerOf } from '../../support/owner.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const KEY = '/acme-lake/raw/public/v.txt';

describe('object versions', () => {
  let wire: Wire;
  let first: string;
  let deleted: string;
  before(async () => {
    const scoped = `callers: [${emailOf('scoped')}], allow: [get, list, tags, attributes], bucket: acme-lake`;
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL, scoped] }) });
    await keepVersions(wire);
    await wire.put('raw/public/v.txt', 'one', { Tagging: 'round=1' });
    first = String((await wire.get(KEY, { as: 'reader' })).headers['x-amz-version-id']);
    await wire.put('raw/public/v.txt', 'two');
    await wire.put('raw/public/gone.txt', 'gone');
    const owner = ownerOf(wire);
    await owner.send(new DeleteObjectCommand({ Bucket: 'acme-lake', Key: 'raw/public/gone.txt' }));
    owner.destroy();
    const list = (await wire.get('/acme-lake?versions&prefix=raw/public/', { as: 'reader' })).text;
    deleted = /<DeleteMarker><Key>[^<]*<\/Key><VersionId>([^<]*)</.exec(list)?.[1] ?? '';
  });
  after(() => wire.close());

  it('can be read by version ID', async () => {
    const reply = await wire.get(`${KEY}?versionId=${first}`, { as: 'reader' });
    assert.equal(reply.text, 'one');
    assert.equal(reply.headers['x-amz-version-id'], first);
    const now = await wire.get(KEY, { as: 'reader' });
    assert.equal(now.text, 'two');
    assert.notEqual(now.headers['x-amz-version-id'], first);
  });

  it('have their own tags and attributes', async () => {
    const tags = await wire.get(`${KEY}?tagging&versionId=${first}`, { as: 'reader' });
    assert.match(tags.text, /<Tag><Key>round<\/Key><Value>1<\/Value><\/Tag>/);
    const attributes = await wire.get(`${KEY}?attributes&versionId=${first}`, {
      as: 'reader',
      headers: { 'x-amz-object-attributes': 'ObjectSize' },
    });
    assert.match(attributes.text, /<ObjectSize>3<\/ObjectSize>/);
    assert.equal(attributes.headers['x-amz-version-id'], first);
  });

  it("get S3's 404 if they are missing, and S3's 405 if they are delete markers", async () => {
    const absent = await wire.get(`${KEY}?versionId=absent`, { as: 'reader' });
    assert.deepEqual([absent.status, absent.code], [404, 'NoSuchVersion']);
    const marker = await wire.get(`/acme-lake/raw/public/gone.txt?versionId=${deleted}`, { as: 'reader' });
    assert.deepEqual([marker.status, marker.code], [405, 'MethodNotAllowed']);
    assert.equal(marker.headers['x-amz-delete-marker'], 'true');
    assert.ok(marker.headers['last-modified']);
    const gone = await wire.get('/acme-lake/raw/public/gone.txt', { as: 'reader' });
    assert.deepEqual([gone.status, gone.headers['x-amz-delete-marker']], [404, 'true']);
  });

  it('are denied without a grant of `versions`, and AWS is not called', async () => {
    await wire.forgetCalls();
    for (const path of [
      `${KEY}?versionId=${first}`,
      `${KEY}?versionId=null`,
      `${KEY}?versionId=`,
      `${KEY}?tagging&versionId=${first}`,
      `${KEY}?attributes&versionId=${first}`,
      '/acme-lake?versions',
      `/-/object?bucket=acme-lake&key=raw/public/v.txt&versionId=${first}`,
    ]) {
      const reply = await wire.get(path, { as: 'scoped' });
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'not_granted'], path);
    }
    assert.deepEqual(await wire.calls('s3'), []);
    assert.deepEqual(await wire.calls('sts'), []);
  });
});
