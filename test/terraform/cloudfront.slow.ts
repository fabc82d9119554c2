// The distributions that the module creates do not cache responses or sign requests, and match the bridge's configuration.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { endpointThrough } from '../../src/s3/endpoint.ts';
import { creations } from './created.ts';
import { readModule } from './modules.ts';
import type { Body } from './modules.ts';
import { FIVE, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';

const root = await readModule('');
const WITH: Variables = {
  ...FIVE,
  buckets: {
    'acme-lake': { region: 'us-east-2', target: 'acme-lake-us' },
    'acme-other': { region: 'eu-west-1', via: 'https://d111111abcdef8.cloudfront.net' },
    'acme-direct': {},
  },
  cloudfront: { buckets: ['acme-lake'] },
};

async function distributionsOf(variables: Variables): Promise<readonly Body[]> {
  const block = root.resources.find(({ address }) => address === 'aws_cloudfront_distribution.bucket');
  assert.ok(block);
  return creations(root, variables)(block);
}

describe('the Terraform variable cloudfront', () => {
  it('does not create a distribution by default', async () => {
    assert.deepEqual(await distributionsOf(FIVE), []);
  });

  it('sets `via` only for the buckets that it lists, and keeps an existing `via`', async () => {
    const values = await rootValues(WITH);
    for (const variable of ['buckets', 'cloudfront']) assert.deepEqual(await values.problemsOf(variable), []);
    const text = String(await values.output('config'));
    const { buckets } = parseYaml(text) as { buckets: Record<string, { via?: string }> };
    assert.deepEqual(
      Object.entries(buckets).map(([name, { via }]) => [name, via]),
      [
        ['acme-direct', undefined],
        ['acme-lake', 'https://acme-lake.cloudfront.example'],
        ['acme-other', 'https://d111111abcdef8.cloudfront.net'],
      ],
    );
  });

  it('creates a distribution with the host name that the bridge signs for', async () => {
    const [distribution, ...more] = await distributionsOf(WITH);
    assert.deepEqual(more, []);
    const [origin] = distribution?.['origin'] as Body[];
    const bucket = readConfigDocument(String(await (await rootValues(WITH)).output('config'))).buckets.get(
      'acme-lake',
    );
    assert.ok(bucket?.via !== undefined);
    assert.equal(origin?.['domain_name'], endpointThrough(bucket.via, bucket, 'us-east-2').host);
    assert.deepEqual(
      ['origin_access_control_id', 's3_origin_config'].map((name) => origin[name]),
      [undefined, undefined],
      'CloudFront must not sign requests',
    );
  });

  it('creates a distribution that does not cache and serves only HTTPS', async () => {
    const [distribution] = await distributionsOf(WITH);
    const [behavior] = distribution?.['default_cache_behavior'] as Body[];
    assert.deepEqual(
      [
        behavior?.['cache_policy_id'],
        behavior?.['origin_request_policy_id'],
        behavior?.['viewer_protocol_policy'],
      ],
      ['4135ea2d-6df8-44a3-9df3-4b5a84be39ad', 'b689b0a8-53d0-40ab-baf2-68738e2966ac', 'https-only'],
    );
    assert.deepEqual(behavior?.['allowed_methods'], ['GET', 'HEAD']);
    assert.equal(behavior['compress'], false);
    const errors = distribution?.['custom_error_response'] as Body[];
    assert.deepEqual(
      errors.map(({ error_code: code, error_caching_min_ttl: seconds }) => [code, seconds]),
      [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504].map((code) => [code, 0]),
    );
  });
});
