// A response through CloudFront counts as S3's only if its headers show that S3 has just sent it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { responseSource } from '../../../src/s3/cloudfront/response-source.ts';

const ID = ['x-amz-request-id', '4442587FB7D0A2F9'];
const sourceOf = (...headers: string[]): string => responseSource({ headers });

describe('a response through CloudFront', () => {
  it('counts as a response from S3 if it has an S3 request ID and is a cache miss or an error from the origin', () => {
    assert.equal(sourceOf(...ID, 'X-Cache', 'Miss from cloudfront'), 's3');
    assert.equal(sourceOf('X-Amz-Request-Id', '1', 'x-cache', 'miss from CloudFront'), 's3');
    assert.equal(sourceOf(...ID, 'x-cache', 'Error from cloudfront'), 's3');
  });

  for (const value of ['Hit from cloudfront', 'RefreshHit from cloudfront', 'HIT', '', 'Miss from another'])
    it(`counts as possibly cached if x-cache is "${value}"`, () => {
      assert.equal(sourceOf(...ID, 'x-cache', value), 'cached');
    });

  it('counts as possibly cached if x-cache is missing or has contradictory values', () => {
    assert.equal(sourceOf(...ID), 'cached');
    const miss = ['x-cache', 'Miss from cloudfront'];
    assert.equal(sourceOf(...ID, ...miss, 'X-Cache', 'Hit from cloudfront'), 'cached');
  });

  it('counts as possibly cached if it has an Age header, even with the value 0', () => {
    assert.equal(sourceOf(...ID, 'x-cache', 'Miss from cloudfront', 'Age', '0'), 'cached');
    assert.equal(sourceOf(...ID, 'x-cache', 'Error from cloudfront', 'age', '3'), 'cached');
  });

  it('does not count as a response from S3 without an S3 request ID', () => {
    assert.equal(sourceOf('server', 'CloudFront', 'x-cache', 'Error from cloudfront'), 'not_s3');
    assert.equal(sourceOf('x-cache', 'LambdaGeneratedResponse from cloudfront'), 'not_s3');
  });
});
