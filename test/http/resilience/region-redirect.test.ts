// If a bucket is not in the region tried first, the bridge finds the bucket's region and uses it from then on.
import assert from 'node:assert/strict';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { after, before, describe, it } from 'node:test';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('a bucket in a different region', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ role }) => `audience: https://lake-bridge.example
aws: { region: eu-west-1, audience: fedbridge }
roles: { lake: { arn: ${role} } }
buckets: { acme-lake: { role: lake }, acme-far: { role: lake, target: ${FAR} } }
grants:
  - { callers: [project:acme-prod], allow: [get, list], bucket: acme-far }
  - { callers: [project:acme-prod], allow: [get, list], bucket: acme-lake }`,
    });
    const { s3, owner } = wire.sandbox.contract;
    const client = (region: string): S3Client =>
      new S3Client({ endpoint: s3, region, credentials: owner, forcePathStyle: true });
    const configuration = { LocationConstraint: 'us-east-2' } as const;
    await client('eu-west-1').send(
      new CreateBucketCommand({ Bucket: FAR, CreateBucketConfiguration: configuration }),
    );
    await client('us-east-2').send(new PutObjectCommand({ Bucket: FAR, Key: 'a.txt', Body: 'far away' }));
  });
  after(() => wire.close());

  for (const method of ['HEAD', 'GET'] as const) {
    it(`needs at most one extra request for several ${method} requests`, async () => {
      await wire.forgetCalls();
      for (let i = 0; i < 3; i += 1) {
        assert.equal((await wire.get('/acme-far/a.txt', { as: 'reader', method })).status, 200);
      }
      assert.equal((await wire.calls('s3')).length, method === 'HEAD' ? 4 : 3);
    });
  }

  it("is reported with its region, both in the response to HEAD and in the log's remedy", async () => {
    const head = await wire.get('/acme-far', { as: 'reader', method: 'HEAD' });
    assert.equal(head.headers['x-amz-bucket-region'], 'us-east-2');
    const line = await wire.bridge.line(({ region }) => region === 'us-east-2');
    assert.match(String(line['remedy']), /region to us-east-2/);
  });

  it('whose reported region is a host name causes an error', async () => {
    const headers = { 'x-amz-bucket-region': 'evil.example/x' };
    await wire.fault({ upstream: 's3', fault: 'status', status: 301, code: 'PermanentRedirect', headers });
    const reply = await wire.get('/acme-lake/README.txt', { as: 'reader' });
    await wire.clearFaults();
    assert.equal(reply.status, 502);
    assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
  });
});

it('an S3 endpoint that redirects every time is called only twice', async (test) => {
  const wire = await startStoodInWire();
  test.after(() => wire.close());
  wire.s3Answers((_request, response) => {
    const times = wire.asked().length;
    const region = times % 2 === 0 ? 'us-east-2' : 'us-west-2';
    // Limits the redirects, so that a bridge that follows all of them fails instead of hanging.
    if (times > 5) response.writeHead(404).end();
    else response.writeHead(301, { 'x-amz-bucket-region': region }).end();
  });
  const reply = await wire.read();
  assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [502, 'upstream_failed']);
  assert.equal(wire.asked().length, 2);
});

const FAR = 'acme-far-away';
