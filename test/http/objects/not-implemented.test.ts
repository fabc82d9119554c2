// Requests for S3 operations that the bridge does not support get 501. The bridge never signs such requests.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const OF_AN_OBJECT = [
  'acl',
  'torrent',
  'uploadId=u',
  'uploadId=u&partNumber=1',
  'retention',
  'legal-hold',
  'restore',
  'select&select-type=2',
  'uploads',
  'renameObject',
  'encryption',
  'annotation',
  'list-type=2',
  'tagging&acl',
  'tagging&attributes',
  'x-id=GetObject&acl',
  'x-amz-meta-a=b',
  'X-Amz-Expected-Bucket-Owner=123456789012',
];
const OF_A_BUCKET = [
  'acl',
  'policy',
  'policyStatus',
  'cors',
  'lifecycle',
  'website',
  'logging',
  'tagging',
  'uploads',
  'versioning',
  'replication',
  'encryption',
  'notification',
  'object-lock',
  'requestPayment',
  'inventory',
  'location&acl',
  'session',
  'list-type=1',
  'versions&list-type=2',
];

describe('an operation that the bridge does not support', () => {
  let wire: Wire;
  let authorization: string;
  before(async () => {
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL] }) });
    authorization = `Bearer ${await wire.token('reader')}`;
    await wire.forgetCalls();
  });
  after(async () => {
    assert.deepEqual(await wire.calls('s3'), []);
    await wire.close();
  });

  const assertNotImplemented = async (method: string, path: string): Promise<void> => {
    const reply = await wire.get(path, { method, headers: { authorization } });
    assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [501, 'not_implemented'], path);
    if (method === 'GET' && !path.startsWith('/-/')) assert.equal(reply.code, 'NotImplemented');
  };

  for (const query of OF_AN_OBJECT) {
    it(`returns 501 for an object: ?${query}`, async () => {
      await assertNotImplemented('GET', `/acme-lake/README.txt?${query}`);
      await assertNotImplemented('HEAD', `/acme-lake/README.txt?${query}`);
      await assertNotImplemented('GET', `/-/object?bucket=acme-lake&key=README.txt&${query}`);
    });
  }
  for (const query of OF_A_BUCKET) {
    it(`returns 501 for a bucket: ?${query}`, async () => {
      await assertNotImplemented('GET', `/acme-lake?${query}`);
      await assertNotImplemented('HEAD', `/acme-lake?${query}`);
    });
  }
  it('returns 501 for HEAD of listings, tags, attributes, the location and the list of buckets', async () => {
    for (const path of [
      '/acme-lake?list-type=2',
      '/acme-lake?versions',
      '/',
      '/acme-lake?location',
      '/acme-lake/README.txt?tagging',
      '/acme-lake/README.txt?attributes',
      '/-/objects?bucket=acme-lake',
    ])
      await assertNotImplemented('HEAD', path);
  });
});
