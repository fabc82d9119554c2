// `fedbridge doctor` reports that S3 denies what a grant leaves out only if it saw that, and looks for bucket policies that allow it.
import assert from 'node:assert/strict';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { after, afterEach, before, describe, it } from 'node:test';
import { s3Client } from '../sandbox/clients.ts';
import { startStandIn } from '../support/s3-stand-in.ts';
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
const NOBODYS_KEY = '/acme-lake/fedbridge-doctor-';

const diagnose = (grant: string, fields = ''): Promise<Diagnosis> =>
  clinic.diagnose(
    clinic.configured(withGrants(clinic.contract, [grant], { buckets: { 'acme-lake': fields } })),
  );

/** Grants it to the role by aws:PrincipalArn, which session policies do not limit. */
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

describe('fedbridge doctor finds a bucket policy that session policies do not limit', () => {
  for (const [actions, found, response] of [
    [['s3:GetObject'], 'ungranted reads', { response: '403 AccessDenied', action: 's3:ListBucket' }],
    [['s3:ListBucket'], 'ungranted lists', { response: 'success' }],
    [['s3:GetObject', 's3:ListBucket'], 'ungranted reads', { response: '404 NoSuchKey' }],
  ] as const)
    it(`and that grants ${actions.join(' and ')}, which only Deny statements stop`, async () => {
      await bucketPolicyGrants(...actions);
      const step = firstDoubtful(await diagnose(BELOW_RAW), STEP);
      assert.equal(
        step.found,
        `a bucket policy allows ${found}, which only the Deny statements of the session policy stop`,
      );
      assert.deepEqual(step.compared, response);
      assert.match(
        step.fix ?? '',
        /^In the bucket policy, name the ARN of the role as Principal instead of "\*"/,
      );
    });

  it('and that opens reads, as the policy of a long prefix has no Deny statements', async () => {
    await bucketPolicyGrants('s3:GetObject');
    const prefix = `${'a'.repeat(900)}/`;
    const step = firstWrong(
      await diagnose(`allow: [get], bucket: acme-lake, prefix: ${prefix}`),
      `bucket acme-lake, ${prefix}`,
    );
    assert.equal(step.found, 'S3 does not deny ungranted reads');
    assert.deepEqual(step.compared, { response: '403 AccessDenied', action: 's3:ListBucket' });
    assert.match(
      step.fix ?? '',
      /^Either a bucket policy allows them .* name the ARN of the role as Principal/,
    );
  });

  it('but not one that names the role', async () => {
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

describe('fedbridge doctor does not take for a denial of ungranted reads', () => {
  it('a 403 without a reason, and shows how to find out', async () => {
    await clinic.fault({
      supplier: 's3',
      fault: 'error',
      code: 'AccessDenied',
      message: 'Access Denied',
      path: NOBODYS_KEY,
    });
    const diagnosis = await diagnose(BELOW_RAW);
    assert.equal(diagnosis.code, 0);
    const [unknown, ...more] = diagnosis.steps.filter(({ outcome }) => outcome === 'unknown');
    assert.deepEqual([unknown?.step, more.length], [STEP, 0]);
    assert.match(
      unknown?.found ?? '',
      /^not proven that S3 denies ungranted reads: .* \(403 AccessDenied\)$/,
    );
    assert.match(unknown?.fix ?? '', /^To find out, get an object that exists outside .*must be 403/);
    assert.equal(
      diagnosis.steps.at(-1)?.found,
      'lists, reads, tells a missing object by 404, denies ungranted lists',
    );
  });

  it('a 403 that is about something else', async () => {
    await clinic.fault({
      supplier: 's3',
      fault: 'status',
      status: 403,
      code: 'AllAccessDisabled',
      path: NOBODYS_KEY,
    });
    const step = firstWrong(await diagnose(BELOW_RAW), 'bucket acme-lake');
    assert.equal(step.found, 'one of the ungranted reads is refused: 403 AllAccessDisabled');
  });
});

describe('fedbridge doctor reports', () => {
  it('a server that gives an object for every key', async () => {
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
        const step = firstWrong(diagnosis, 'bucket acme-lake, all of it');
        assert.equal(step.found, 'S3 gives an object for a key that does not exist');
      }
    } finally {
      everything.close();
    }
  });

  it('words of a grant that it could not try', async () => {
    const grant = 'allow: [get, list, tags, attributes], bucket: acme-lake, prefix: raw/empty/';
    const diagnosis = await diagnose(grant);
    assert.equal(diagnosis.code, 0);
    const step = diagnosis.steps.find(({ outcome }) => outcome === 'unknown');
    assert.equal(step?.found, 'tags, attributes: not tried, as there is no object to try');
    assert.match(step.fix ?? '', /^The doctor tries these on the first object of a list/);
    assert.equal(
      diagnosis.steps.at(-1)?.found,
      'lists, and is empty, tells a missing object by 404, denies ungranted reads, denies ungranted lists',
    );
  });

  it('that versions are given, if S3 denies only to list them', async () => {
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
      'reads, gives versions, denies ungranted reads, denies ungranted lists',
    );
  });
});
