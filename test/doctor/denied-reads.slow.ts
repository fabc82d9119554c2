// `fedbridge doctor` tries the reads that each grant allows. If S3 denies a read, the doctor reports which policy
// denied it, or that the object is missing.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { startStandIn } from '../support/stand-in.ts';
import {
  firstDoubtful,
  firstWrong,
  lakeRole,
  openClinic,
  policyOf,
  stepsThatAre,
  withGrants,
} from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const LAKE = 'arn:aws:s3:::acme-lake';
const BELOW_RAW = 'allow: [get, list], bucket: acme-lake, prefix: raw/';
const SESSION = 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/fedbridge@acme-prod';
const STEP = 'bucket acme-lake, raw/';

const allow = (action: string | readonly string[], resource = '*', more: object = {}): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});
const roleMay = (...statements: readonly object[]): Promise<unknown> =>
  clinic.control('PUT', '/roles', { ...lakeRole(), permissions: policyOf(...statements) });
const granting = (grants: readonly string[], fields = ''): readonly string[] =>
  clinic.configured(withGrants(clinic.contract, grants, { buckets: { 'acme-lake': fields } }));

describe('fedbridge doctor', () => {
  it('reports that the role cannot list objects, and how that affects missing objects', async () => {
    await roleMay(allow('s3:GetObject'));
    const diagnosis = await clinic.diagnose(granting([BELOW_RAW]));
    const step = firstWrong(diagnosis, STEP);
    assert.equal(step.found, 'list failed: 403 AccessDenied');
    assert.deepEqual(step.compared, {
      as: SESSION,
      action: 's3:ListBucket',
      reason: 'role policy',
      explicit: false,
    });
    assert.match(
      step.fix ?? '',
      /^Allow s3:ListBucket in the role's own policy.*missing objects also return 403 instead of 404/,
    );
    assert.deepEqual(stepsThatAre('wrong', diagnosis), [STEP]);
  });

  it('reports that the role can list the prefix but not the key, so a missing object returns 403', async () => {
    const exact = { Condition: { StringEquals: { 's3:prefix': 'raw/' } } };
    await roleMay(allow('s3:GetObject'), allow('s3:ListBucket', LAKE, exact));
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.equal(step.found, 'get of a missing object failed: 403 AccessDenied');
    assert.match(
      step.fix ?? '',
      /s3:ListBucket.*s3:prefix matches PREFIX\*.*reads of missing objects return 403 instead of 404/,
    );
  });

  it('reports that the role cannot read objects', async () => {
    await roleMay(allow('s3:ListBucket'));
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.equal(step.found, 'get failed: 403 AccessDenied');
    assert.deepEqual(step.compared, {
      as: SESSION,
      key: 'raw/private/salaries.csv',
      action: 's3:GetObject',
      reason: 'role policy',
      explicit: false,
    });
    assert.match(step.fix ?? '', /^Allow s3:GetObject in the role's own policy/);
  });

  it('reports that the role cannot read objects, even if the grant does not allow listing them', async () => {
    await roleMay(allow('s3:ListBucket'));
    const grant = 'allow: [get], bucket: acme-lake, prefix: raw/';
    const step = firstWrong(await clinic.diagnose(granting([grant])), STEP);
    assert.match(step.fix ?? '', /^Allow s3:GetObject in the role's own policy/);
  });

  it('reports that the role cannot read objects, even if no objects exist yet', async () => {
    await roleMay(allow('s3:ListBucket'));
    const grant = 'allow: [get, list], bucket: acme-lake, prefix: raw/empty/';
    const step = firstWrong(await clinic.diagnose(granting([grant])), 'bucket acme-lake, raw/empty/');
    assert.equal(step.found, 'get of a missing object failed: 403 AccessDenied');
    assert.match(step.fix ?? '', /^Allow s3:GetObject in the role's own policy/);
  });

  it('reports that the role lacks a permission that the grant includes', async () => {
    await roleMay(allow(['s3:GetObject', 's3:ListBucket', 's3:GetObjectAttributes']));
    const grant = 'allow: [get, list, attributes, tags], bucket: acme-lake, prefix: raw/';
    const step = firstWrong(await clinic.diagnose(granting([grant])), STEP);
    assert.equal(step.found, 'read of tags failed: 403 AccessDenied');
    assert.match(step.fix ?? '', /^Allow s3:GetObjectTagging in the role's own policy/);
  });

  it('reports that a bucket policy allows requests from only one network', async () => {
    const elsewhere = { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } };
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [LAKE, `${LAKE}/*`] };
    await clinic.control('PUT', '/bucket-policy', {
      bucket: 'acme-lake',
      policy: policyOf({ ...deny, Condition: elsewhere }),
    });
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.deepEqual([step.compared?.['reason'], step.compared?.['explicit']], ['bucket policy', true]);
    assert.match(
      step.fix ?? '',
      /Deny statement in the bucket policy or the access point policy.*aws:SourceIp/,
    );
  });

  it('reports that S3 denies reads under one of several grants, and checks the others', async () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `${LAKE}/raw/*` };
    await clinic.control('PUT', '/bucket-policy', { bucket: 'acme-lake', policy: policyOf(deny) });
    const curated = 'allow: [get, list], bucket: acme-lake, prefix: curated/';
    const diagnosis = await clinic.diagnose(granting([BELOW_RAW, curated]));
    firstWrong(diagnosis, STEP);
    assert.equal(diagnosis.steps.at(-1)?.step, 'bucket acme-lake, curated/');
    assert.equal(diagnosis.steps.at(-1)?.outcome, 'fine');
  });

  it('reports that the object named in a grant does not exist', async () => {
    const grant = 'allow: [get], bucket: acme-lake, key: raw/rates.csv';
    const step = firstDoubtful(await clinic.diagnose(granting([grant])), 'bucket acme-lake, raw/rates.csv');
    assert.deepEqual([step.found, step.compared], ['S3 has no such object', { key: 'raw/rates.csv' }]);
  });

  it('reports that the S3 server does not enforce session policies', async () => {
    // Responds to every read with 404 instead of 403, as a server that ignores session policies would.
    const lax = await startStandIn((request, response) => {
      const isList = request.url?.includes('list-type=2') === true;
      response.writeHead(isList ? 200 : 404, { 'content-type': 'application/xml' });
      response.end(
        isList
          ? '<ListBucketResult><Name>acme-lake</Name><KeyCount>0</KeyCount></ListBucketResult>'
          : '<Error><Code>NoSuchKey</Code></Error>',
      );
    });
    try {
      const diagnosis = await clinic.diagnose(granting([BELOW_RAW], `endpoint: "${lax.origin}"`));
      const step = firstWrong(diagnosis, STEP);
      assert.equal(step.found, 'S3 does not deny reads outside the grant');
      assert.match(step.fix ?? '', /does not enforce session policies \(check that the server is AWS\)/);
    } finally {
      lax.close();
    }
  });

  it('reports that S3 gives no reason for a denial, and lists the policies to check', async () => {
    await clinic.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', message: 'Access Denied' });
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.deepEqual(step.compared, { as: SESSION });
    assert.match(step.fix ?? '', /S3 gives no reason.*s policy/);
    const silent = await clinic.diagnose(granting(['allow: [get], bucket: acme-lake, prefix: raw/']));
    assert.equal(silent.code, 0);
    assert.match(
      silent.steps.find(({ step: name }) => name === STEP)?.found ?? '',
      /the doctor has no key to read, and S3 gave no reason for denying a read of a missing object \(403 AccessDenied\)/,
    );
  });

  it('reports that the role can read an archived object once it has been restored', async () => {
    await clinic.fault({
      upstream: 's3',
      fault: 'error',
      code: 'InvalidObjectState',
      path: '/raw/private/salaries.csv',
    });
    const { code, steps } = await clinic.diagnose(granting([BELOW_RAW]));
    assert.equal(code, 0);
    assert.match(
      steps.at(-1)?.found ?? '',
      /^lists, may read objects \(the tested object is archived\), returns 404/,
    );
  });

  it('reports that it checked only the first few of many grants on a bucket', async () => {
    const grants = Array.from({ length: 11 }, (_, i) => `allow: [get], bucket: acme-lake, prefix: raw/${i}/`);
    const { code, steps } = await clinic.diagnose(granting(grants));
    assert.equal(code, 0);
    assert.deepEqual(
      [steps.filter(({ step }) => step.startsWith(STEP)).length, steps.at(-1)?.found],
      [8, '3 more distinct grants not checked'],
    );
  });
});
