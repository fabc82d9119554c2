// `fedbridge doctor` compares reads through a bucket's CloudFront distribution, for which nginx stands in, with direct reads.
import assert from 'node:assert/strict';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { after, before, describe, it } from 'node:test';
import { startDistribution, CACHING, nginxLacks } from '../support/distribution.ts';
import type { Behavior, Distribution } from '../support/distribution.ts';
import { ownerOf } from '../support/owner.ts';
import { firstDoubtful, firstWrong, openClinic, withGrants } from './diagnosis.ts';
import type { Clinic, Diagnosis } from './diagnosis.ts';

const STEP = 'bucket acme-lake, raw/public/';

const lack = nginxLacks();
describe('fedbridge doctor, for a bucket with a distribution', { skip: lack ?? false }, () => {
  let clinic: Clinic;
  let distribution: Distribution;
  before(async () => {
    clinic = await openClinic();
    const { s3: behind, bucket, region } = clinic.contract;
    distribution = await startDistribution({ behind, bucket, region });
  });
  after(async () => {
    await clinic.close();
    await distribution.close();
  });

  async function diagnoseWith(
    behavior: Behavior,
    { grant = 'allow: [get, list], prefix: raw/public/', region = 'eu-west-1' } = {},
  ): Promise<Diagnosis> {
    await distribution.change(behavior);
    const buckets = { 'acme-lake': `region: ${region}, via: "${distribution.origin}"` };
    const yaml = withGrants(clinic.contract, [`${grant}, bucket: acme-lake`], { buckets });
    return clinic.diagnose(clinic.configured(yaml));
  }

  it('reports that reads through CloudFront return the same as direct reads, and that unsigned requests are denied', async () => {
    const { code, steps } = await diagnoseWith({});
    assert.equal(code, 0);
    assert.match(
      steps.find(({ step }) => step === STEP)?.found ?? '',
      /, reads the same through CloudFront, which denies unsigned requests$/,
    );
    const viewed = (await distribution.requests()).map(({ status }) => status);
    assert.deepEqual(viewed, [206, 206, 403]);
  });

  it('reports that the distribution caches responses', async () => {
    const { found, fix } = firstWrong(await diagnoseWith(CACHING), STEP);
    assert.match(found, /may have come from a cache/);
    assert.match(fix ?? '', /CachingDisabled/);
  });

  it('reports that the distribution signs requests itself, so that anyone can read', async () => {
    // Like a distribution with an origin access control, this one reads with its own permissions if a request is unsigned.
    const respond =
      'if ($http_authorization = "") { add_header X-Amz-Request-Id 1; add_header X-Cache "Miss from cloudfront"; return 200 open; } proxy_set_header Host acme-lake.s3.eu-west-1.amazonaws.com; proxy_pass ' +
      `${clinic.contract.s3};`;
    const { found, fix } = firstWrong(await diagnoseWith({ respond }), STEP);
    assert.equal(found, 'anyone can read the object through CloudFront, without a signature');
    assert.match(fix ?? '', /origin access control/);
  });

  it('reports that CloudFront returns different content than S3', async () => {
    const respond =
      'add_header X-Amz-Request-Id 1; add_header X-Cache "Miss from cloudfront"; return 206 "another object";';
    const { found } = firstWrong(await diagnoseWith({ respond }), STEP);
    assert.equal(found, 'CloudFront returned a different status, ETag or content than S3');
  });

  for (const [what, behavior, found] of [
    ['sends the wrong Host header to S3', { originHost: 'localhost' }, /rejected the signature/],
    ['responds instead of S3', { respond: 'return 403 blocked;' }, /did not come from S3/],
  ] as const)
    it(`warns about a distribution that ${what}`, async () => {
      const step = firstDoubtful(await diagnoseWith(behavior), STEP);
      assert.match(step.found, found);
      assert.equal(step.compared?.['via'], distribution.origin);
    });

  it('warns about a distribution that cannot be reached', async () => {
    await distribution.change({});
    await distribution.stop();
    const buckets = { 'acme-lake': `region: eu-west-1, via: "${distribution.origin}"` };
    const grants = ['allow: [get, list], prefix: raw/public/, bucket: acme-lake'];
    const yaml = withGrants(clinic.contract, grants, { buckets });
    const step = firstDoubtful(await clinic.diagnose(clinic.configured(yaml)), STEP);
    assert.deepEqual(
      [step.found, step.compared?.['error']],
      ['CloudFront cannot be reached', 'ECONNREFUSED'],
    );
    await distribution.start();
  });

  it('does not compare the paths for a key that is always read directly', async () => {
    const owner = ownerOf({ sandbox: clinic });
    await owner.send(new PutObjectCommand({ Bucket: 'acme-lake', Key: 'raw/a+b', Body: 'plus' }));
    owner.destroy();
    const before = (await distribution.requests()).length;
    const { code, steps } = await diagnoseWith({}, { grant: 'allow: [get], key: "raw/a+b"' });
    assert.equal(code, 0);
    const unknown = steps.find(({ outcome }) => outcome === 'unknown');
    assert.match(unknown?.found ?? '', /was not compared with CloudFront, because keys like this one/);
    assert.equal((await distribution.requests()).length, before);
  });
});
