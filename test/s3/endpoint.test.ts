// A bucket's endpoint is virtual-hosted on AWS, and path-style if the bucket's name or endpoint requires that.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bucket } from '../../src/config/types.ts';
import { endpointOf, isAwsOrigin, isRegion } from '../../src/s3/endpoint.ts';
import { bucketWith } from '../support/bucket.ts';

const bucket = (target: string, endpoint?: string): Bucket =>
  bucketWith({ name: 'acme', target, ...(endpoint === undefined ? {} : { endpoint }) });

describe('an S3 endpoint', () => {
  for (const [what, of, region, origin, basePath] of [
    ['a bucket', bucket('acme-lake'), 'eu-west-1', 'https://acme-lake.s3.eu-west-1.amazonaws.com', ''],
    [
      'a bucket in China',
      bucket('acme-lake'),
      'cn-north-1',
      'https://acme-lake.s3.cn-north-1.amazonaws.com.cn',
      '',
    ],
    [
      'a bucket name with dots',
      bucket('acme.lake'),
      'us-east-1',
      'https://s3.us-east-1.amazonaws.com',
      '/acme.lake',
    ],
    [
      'an access point',
      bucket('arn:aws:s3:eu-central-1:123456789012:accesspoint/lake-reader'),
      'eu-west-1',
      'https://lake-reader-123456789012.s3-accesspoint.eu-central-1.amazonaws.com',
      '',
    ],
    [
      'PrivateLink',
      bucket('acme-lake', 'https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com'),
      'eu-west-1',
      'https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com',
      '/acme-lake',
    ],
    [
      'an access point through PrivateLink',
      bucket(
        'arn:aws:s3:eu-central-1:123456789012:accesspoint/lake-reader',
        'https://accesspoint.vpce-1.s3.eu-central-1.vpce.amazonaws.com',
      ),
      'eu-central-1',
      'https://lake-reader-123456789012.accesspoint.vpce-1.s3.eu-central-1.vpce.amazonaws.com',
      '',
    ],
    [
      'an access point behind another endpoint with a port',
      bucket('arn:aws:s3:eu-central-1:123456789012:accesspoint/lake-reader', 'https://s3.example.com:8443'),
      'eu-central-1',
      'https://lake-reader-123456789012.s3.example.com:8443',
      '',
    ],
    [
      'an access point on this machine',
      bucket('arn:aws:s3:eu-central-1:123456789012:accesspoint/lake-reader', 'http://127.0.0.1:9000'),
      'eu-central-1',
      'http://127.0.0.1:9000',
      '/arn:aws:s3:eu-central-1:123456789012:accesspoint/lake-reader',
    ],
  ] as const) {
    it(`for ${what} is ${origin}${basePath}`, () => {
      const found = endpointOf(of, region);
      assert.equal(found.origin, origin);
      assert.equal(found.host, new URL(origin).host);
      assert.equal(found.basePath, basePath);
      assert.equal(found.region, what === 'an access point' ? 'eu-central-1' : region);
      assert.equal(isAwsOrigin(found.origin), found.host.includes('amazonaws.'));
    });
  }

  it("is never built from an invalid region in S3's response", () => {
    for (const region of ['eu-west-1', 'us-gov-east-1', 'ap-southeast-3']) assert.ok(isRegion(region));
    for (const no of [
      'evil.example',
      'a/b',
      'eu-west-1.evil.example',
      'EU-WEST-1',
      '',
      'eu',
      'eu-',
      `a-${'b'.repeat(40)}`,
    ]) {
      assert.ok(!isRegion(no), no);
    }
  });
});

describe('an origin', () => {
  for (const host of [
    's3.amazonaws.com',
    's3-us-west-2.amazonaws.com',
    's3.us-gov-west-1.amazonaws.com',
    's3-fips.us-east-1.amazonaws.com',
    's3-fips.dualstack.us-east-1.amazonaws.com',
    'acme-lake.s3.dualstack.eu-west-1.amazonaws.com',
    'acme-lake.s3-accelerate.amazonaws.com',
    'lake-123456789012.s3-accesspoint-fips.us-east-1.amazonaws.com',
    'accesspoint.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com',
    's3.cn-north-1.amazonaws.com.cn',
    's3.eusc-de-east-1.amazonaws.eu',
    's3.us-iso-east-1.c2s.ic.gov',
  ]) {
    it(`at ${host} belongs to AWS`, () => {
      assert.ok(isAwsOrigin(`https://${host}`));
      assert.ok(isAwsOrigin(`https://${host}:8443`));
    });
  }

  for (const origin of [
    'http://s3.eu-west-1.amazonaws.com',
    'https://127.0.0.1:9000',
    'https://[::1]:9000',
    'https://s3.example',
    'https://s3.eu-west-1.amazonaws.com.example',
    'https://s3.eu-west-1.amazonaws.com.',
    'https://s3.eu-west-1.xamazonaws.com',
    'https://notans3.eu-west-1.amazonaws.com',
    'https://s3x.eu-west-1.amazonaws.com',
    // These host names are in AWS's domains, but the servers belong to AWS customers.
    'https://s3-0123456789abcdef.elb.us-east-1.amazonaws.com',
    'https://s3-1234567890.us-east-1.elb.amazonaws.com',
    'https://s3.execute-api.us-east-1.amazonaws.com',
    'https://ec2-198-51-100-1.compute-1.amazonaws.com',
    'https://vpce-1a-2b.vpce-svc-3c.us-east-1.vpce.amazonaws.com',
    'https://acme-lake.s3.eu-west-1.wasabisys.com',
  ]) {
    it(`at ${origin} does not belong to AWS`, () => {
      assert.ok(!isAwsOrigin(origin));
    });
  }
});
