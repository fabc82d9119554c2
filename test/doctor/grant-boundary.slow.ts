// `fedbridge doctor` requires proof that S3 denies access outside a grant, and finds bucket policies that allow such access.
import assert from 'node:assert/strict';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { after, afterEach, before, describe, it } from 'node:test';
import { s3Client } from '../sandbox/clients.ts';
import { startStandIn } from '../support/stand-in.ts';
import { firstDoubtful, firstWrong, openClinic, policyOf, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic, Diagnosis } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const LAKE = 'arn:aws:s3:::acme-lake';
const BELOW_RAW = 'allow: [get, list], bucket: acme-lake, prefix: raw/';
const STEP = 'bucket acme-lake, raw/';
const NONEXISTENT_KEY = '/acme-lake/fedbridge-doctor-';

const diagnose = (grant: string, fields = ''): Promise<Diagnosis> =>
  clinic.diagnose(
    clinic.configured(withGrants(clinic.contract, [grant], { buckets: { 'acme-lake': fields } })),
  );

/**
 * Sets a bucket policy that allows the actions with a condition on aws:PrincipalArn. Only Deny statements in a session policy
 * limit this access.
 */
const bucketPolicyGrants = (...actions: readonly string[]): Promise<unknown> =>
  clinic.control('PUT', '/bucket-policy', {
    bucket: 'acme-lake',
    policy: policyOf({
      Effect: 'Allow',
      Principal: '*',
      Action: actions,
      Resource: [LAKE, `${LAKE}/*`],
      Condition: { ArnEquals: { 'aws:PrincipalArn': clinic.contract.role } },
    }),
  });

describe('fedbridge doctor', () => {
  for (const [actions, found, response] of [
    [['s3:GetObject'], 'reads outside the grant', { response: '403 AccessDenied', action: 's3:ListBucket' }],
    [['s3:ListBucket'], 'lists outside the grant', { response: 'success' }],
    [['s3:GetObject', 's3:ListBucket'], 'reads outside the grant', { response: '404 NoSuchKey' }],
  ] as const)
    it(`reports that a bucket policy allows ${actions.join(' and ')} outside the grant, even if the session policy denies these requests`, async () => {
      await bucketPolicyGrants(...actions);
      const step = firstDoubtful(await diagnose(BELOW_RAW), STEP);
      assert.equal(
        step.found,
        `a bucket policy allows ${found}; only the session policy's Deny statements prevent them`,
      );
      assert.deepEqual(step.compared, response);
      assert.match(
        step.fix ?? '',
        /^In the bucket policy, set Principal to the role's ARN: .*, but not permissions that are granted to "\*"/,
      );
    });

  it('reports that S3 allows reads outside the grant if the prefix is too long for a session policy with Deny statements', async () => {
    await bucketPolicyGrants('s3:GetObject');
    const prefix = `${'a'.repeat(900)}/`;
    const step = firstWrong(
      await diagnose(`allow: [get], bucket: acme-lake, prefix: ${prefix}`),
      `bucket acme-lake, ${prefix}`,
    );
    assert.equal(step.found, 'S3 does not deny reads outside the grant');
    assert.deepEqual(step.compared, { response: '403 AccessDenied', action: 's3:ListBucket' });
    assert.match(
      step.fix ?? '',
      /^Either a bucket policy allows these requests .* set Principal to the role's ARN/,
    );
  });

  it('accepts a bucket policy that names the role', async () => {
    await clinic.control('PUT', '/bucket-policy', {
      bucket: 'acme-lake',
      policy: policyOf({
        Effect: 'Allow',
        Principal: { AWS: clinic.contract.role },
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: [LAKE, `${LAKE}/*`],
      }),
    });
    assert.equal((await diagnose(BELOW_RAW)).code, 0);
  });
});

describe('fedbridge doctor', () => {
  it('does not accept a 403 without a reason as proof that S3 denies reads outside the grant, and explains how to prove it', async () => {
    await clinic.fault({
      upstream: 's3',
      fault: 'error',
      code: 'AccessDenied',
      message: 'Access Denied',
      path: NONEXISTENT_KEY,
    });
    const diagnosis = await diagnose(BELOW_RAW);
    assert.equal(diagnosis.code, 0);
    const [unknown, ...more] = diagnosis.steps.filter(({ outcome }) => outcome === 'unknown');
    assert.deepEqual([unknown?.step, more.length], [STEP, 0]);
    assert.match(
      unknown?.found ?? '',
      /^could not verify that S3 denies reads outside the grant: .* \(403 AccessDenied\)$/,
    );
    assert.match(
      unknown?.fix ?? '',
      /^To find out: \(1\) .*request an object that exists but is not covered by the grant.*must return 403/,
    );
    assert.equal(
      diagnosis.steps.at(-1)?.found,
      'lists, reads, returns 404 for a missing object, denies lists outside the grant',
    );
  });

  it('does not accept a 403 with an unrelated error code as proof that S3 denies reads outside the grant', async () => {
    await clinic.fault({
      upstream: 's3',
      fault: 'status',
      status: 403,
      code: 'AllAccessDisabled',
      path: NONEXISTENT_KEY,
    });
    const step = firstWrong(await diagnose(BELOW_RAW), 'bucket acme-lake');
    assert.equal(step.found, 'the test of reads outside the grant failed: 403 AllAccessDisabled');
  });
});

describe('fedbridge doctor', () => {
  it('reports a server that returns an object for every key', async () => {
    const everything = await startStandIn((request, response) => {
      const isList = request.url?.includes('list-type=2') === true;
      response.writeHead(200, { 'content-type': isList ? 'application/xml' : 'text/html' });
      response.end(
        isList ? '<ListBucketResult><Name>acme-lake</Name><KeyCount>0</KeyCount></ListBucketResult>' : 'x',
      );
    });
    try {
      for (const allow of ['[get, list]', '[get]']) {
        const diagnosis = await diagnose(
          `allow: ${allow}, bucket: acme-lake`,
          `endpoint: "${everything.origin}"`,
        );
        const step = firstWrong(diagnosis, 'bucket acme-lake, whole bucket');
        assert.equal(step.found, 'S3 returned an object for a key that should not exist');
      }
    } finally {
      everything.close();
    }
  });

  it("reports which of a grant's permissions it could not test", async () => {
    const grant = 'allow: [get, list, tags, attributes], bucket: acme-lake, prefix: raw/empty/';
    const diagnosis = await diagnose(grant);
    assert.equal(diagnosis.code, 0);
    const step = diagnosis.steps.find(({ outcome }) => outcome === 'unknown');
    assert.equal(step?.found, 'not tested, because no object is known: tags, attributes');
    assert.match(step.fix ?? '', /^The doctor tests these actions on the first object that it lists/);
    assert.equal(
      diagnosis.steps.at(-1)?.found,
      'lists (no objects), returns 404 for a missing object, denies reads outside the grant, denies lists outside the grant',
    );
  });

  it('reports that versions are readable even if S3 denies listing them', async () => {
    const owner = s3Client(clinic.sandbox);
    const Bucket = 'acme-versioned';
    await owner.send(new CreateBucketCommand({ Bucket }));
    await owner.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    await owner.send(new PutObjectCommand({ Bucket, Key: 'one', Body: 'x' }));
    const grant = `allow: [get, versions], bucket: ${Bucket}, key: one`;
    const diagnosis = await clinic.diagnose(
      clinic.configured(withGrants(clinic.contract, [grant], { buckets: { [Bucket]: '' } })),
    );
    assert.deepEqual(stepsThatAre('wrong', diagnosis), []);
    assert.equal(
      diagnosis.steps.at(-1)?.found,
      'reads, reads versions, denies reads outside the grant, denies lists outside the grant',
    );
  });
});
