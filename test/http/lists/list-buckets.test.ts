// ListBuckets supports S3's parameters for pages, prefix and region.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ListBucketsCommand, paginateListBuckets, S3Client } from '@aws-sdk/client-s3';
import { configured, emailOf } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const BUCKETS = {
  'zoo-lake': 'role: lake',
  'acme-lake': 'role: lake',
  'acme-logs': 'role: lake, region: us-east-1',
  'acme-archive': 'role: lake, region: us-east-1',
  'acme-others': 'role: lake',
  'b-lake': 'role: lake',
};
/** The caller's buckets, sorted. */
const OWN = ['acme-archive', 'acme-lake', 'acme-logs', 'b-lake', 'zoo-lake'];

describe('the list of buckets', () => {
  let wire: Wire;
  let client: S3Client;
  before(async () => {
    const grants = OWN.map((bucket) => `callers: [${emailOf('reader')}], allow: [get], bucket: ${bucket}`);
    wire = await startWire({ config: configured({ buckets: BUCKETS, grants }) });
    client = new S3Client({
      endpoint: wire.bridge.url,
      region: 'eu-west-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: await wire.token('reader') },
    });
  });
  after(async () => {
    client.destroy();
    await wire.close();
  });

  for (const pageSize of [1, 2, 4, 5, 10, 10_000]) {
    it(`contains each bucket exactly once if it is read in pages of ${pageSize}`, async () => {
      const pages: (readonly (string | undefined)[])[] = [];
      for await (const { Buckets = [] } of paginateListBuckets({ client, pageSize }, {})) {
        assert.ok(Buckets.length <= pageSize);
        pages.push(Buckets.map(({ Name }) => Name));
      }
      assert.deepEqual(pages.flat(), OWN);
      assert.equal(pages.length, Math.ceil(OWN.length / pageSize), 'no page is empty');
    });
  }

  it('can be filtered by prefix, page by page', async () => {
    const first = await client.send(new ListBucketsCommand({ Prefix: 'acme-l', MaxBuckets: 1 }));
    assert.deepEqual([first.Prefix, first.Buckets?.map(({ Name }) => Name)], ['acme-l', ['acme-lake']]);
    const next = { Prefix: 'acme-l', MaxBuckets: 1, ContinuationToken: first.ContinuationToken };
    const second = await client.send(new ListBucketsCommand(next));
    assert.deepEqual(
      second.Buckets?.map(({ Name }) => Name),
      ['acme-logs'],
    );
    assert.equal(second.ContinuationToken, undefined);
    assert.deepEqual((await client.send(new ListBucketsCommand({ Prefix: 'nothing' }))).Buckets ?? [], []);
  });

  it('can be filtered by region, and shows regions if the request has any parameter', async () => {
    const { Buckets = [] } = await client.send(new ListBucketsCommand({ BucketRegion: 'us-east-1' }));
    assert.deepEqual(
      Buckets.map(({ Name, BucketRegion }) => [Name, BucketRegion]),
      [
        ['acme-archive', 'us-east-1'],
        ['acme-logs', 'us-east-1'],
      ],
    );
    const all = await client.send(new ListBucketsCommand({}));
    assert.deepEqual(
      all.Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion]),
      OWN.map((name) => [name, undefined]),
    );
  });

  for (const [query, parameter] of [
    ['max-buckets=0', 'max-buckets'],
    ['max-buckets=10001', 'max-buckets'],
    ['max-buckets=-1', 'max-buckets'],
    ['max-buckets=', 'max-buckets'],
    ['max-buckets=all', 'max-buckets'],
    ['continuation-token=made-up', 'continuation-token'],
    ['continuation-token=YWNtZS1sYWtl%0A', 'continuation-token'],
    ['continuation-token=', 'continuation-token'],
  ] as const) {
    it(`is rejected with 400 for ?${query}`, async () => {
      const reply = await wire.get(`/?${query}`, { as: 'reader' });
      assert.deepEqual([reply.status, reply.code], [400, 'InvalidArgument']);
      assert.match(reply.text, new RegExp(`<ArgumentName>${parameter}</ArgumentName>`));
      assert.match(reply.text, new RegExp(`The parameter ${parameter} must be `));
    });
  }

  it('continues after a page whose last bucket no longer exists', async () => {
    const token = Buffer.from('acme-gone').toString('base64url');
    const { Buckets } = await client.send(new ListBucketsCommand({ ContinuationToken: token }));
    assert.deepEqual(
      Buckets?.map(({ Name }) => Name),
      ['acme-lake', 'acme-logs', 'b-lake', 'zoo-lake'],
    );
  });
});
