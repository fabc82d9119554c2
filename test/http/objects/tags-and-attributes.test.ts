// Callers with the rights `tags` and `attributes` can use GetObjectTagging and GetObjectAttributes, including the headers that
// these operations support.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf, READER_MAY_ALL } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const KEY = '/acme-lake/raw/public/tagged.txt';

describe('tags and attributes', () => {
  let wire: Wire;
  before(async () => {
    const getOnly = `callers: [${emailOf('scoped')}], allow: [get, list], bucket: acme-lake`;
    const tagsOnly = `callers: [${emailOf('stranger')}], allow: [tags], bucket: acme-lake`;
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL, getOnly, tagsOnly] }) });
    await wire.put('raw/public/tagged.txt', 'tagged', {
      Tagging: 'team=data&level=2',
      ChecksumAlgorithm: 'SHA256',
    });
  });
  after(() => wire.close());

  const attributes = { 'x-amz-object-attributes': 'ETag,  ObjectSize,Checksum' };

  it('can be read', async () => {
    const tags = await wire.get(`${KEY}?tagging`, { as: 'reader' });
    assert.equal(tags.status, 200);
    assert.match(tags.text, /<Key>team<\/Key><Value>data<\/Value>/);
    const reply = await wire.get(`${KEY}?attributes`, { as: 'reader', headers: attributes });
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.text, /<ETag>[0-9a-f]{32}<\/ETag>.*<ChecksumSHA256>.*<ObjectSize>6<\/ObjectSize>/);
    assert.doesNotMatch(reply.text, /StorageClass/);
  });

  it("include a tag count in the object's response headers", async () => {
    assert.equal((await wire.get(KEY, { as: 'reader' })).headers['x-amz-tagging-count'], '2');
  });

  it('can be paged, because the paging headers are sent to S3', async () => {
    await wire.forgetCalls();
    const paging = { 'x-amz-max-parts': '7', 'x-amz-part-number-marker': '3' };
    await wire.get(`${KEY}?attributes`, { as: 'reader', headers: { ...attributes, ...paging } });
    const [call] = await wire.calls('s3');
    const headers = call?.['headers'] as Record<string, string>;
    assert.equal(headers['x-amz-max-parts'], '7');
    assert.equal(headers['x-amz-part-number-marker'], '3');
  });

  it("get S3's 400 if the request does not list any attributes", async () => {
    const reply = await wire.get(`${KEY}?attributes`, { as: 'reader' });
    assert.deepEqual([reply.status, reply.code], [400, 'InvalidRequest']);
  });

  it('cause a 400 without a call to AWS if a request header cannot be signed', async () => {
    await wire.forgetCalls();
    const headers = { 'x-amz-object-attributes': Buffer.from('ETagé').toString('latin1') };
    const reply = await wire.get(`${KEY}?attributes`, { as: 'reader', headers });
    assert.deepEqual([reply.status, reply.code], [400, 'InvalidArgument']);
    assert.deepEqual(await wire.calls('s3'), []);
    assert.deepEqual(await wire.calls('sts'), []);
  });

  it('each require their own permission', async () => {
    for (const [as, path] of [
      ['scoped', `${KEY}?tagging`],
      ['scoped', `${KEY}?attributes`],
      ['stranger', `${KEY}?attributes`],
      ['stranger', KEY],
    ] as const) {
      const reply = await wire.get(path, { as, headers: attributes });
      assert.deepEqual(
        [reply.status, reply.headers['x-fedbridge-error']],
        [403, 'not_granted'],
        `${as} ${path}`,
      );
    }
  });
});
