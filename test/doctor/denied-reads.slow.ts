// `fedbridge doctor` does what each grant allows, and where S3 denies it says which policy did, or that the object is not there.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { startStandIn } from '../support/s3-stand-in.ts';
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

describe('fedbridge doctor says that', () => {
  it('the role may not list, and what that means for missing objects', async () => {
    await roleMay(allow('s3:GetObject'));
    const diagnosis = await clinic.diagnose(granting([BELOW_RAW]));
    const step = firstWrong(diagnosis, STEP);
    assert.equal(step.found, 'list is refused: 403 AccessDenied');
    assert.deepEqual(step.compared, {
      as: SESSION,
      action: 's3:ListBucket',
      reason: 'role policy',
      explicit: false,
    });
    assert.match(
      step.fix ?? '',
      /^Allow s3:ListBucket in the role's own policy.*missing objects are 403 instead of 404/,
    );
    assert.deepEqual(stepsThatAre('wrong', diagnosis), [STEP]);
  });

  it('the role may list the prefix and not the key, so that a missing object is 403', async () => {
    const exact = { Condition: { StringEquals: { 's3:prefix': 'raw/' } } };
    await roleMay(allow('s3:GetObject'), allow('s3:ListBucket', LAKE, exact));
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.equal(step.found, 'a missing object is refused: 403 AccessDenied');
    assert.match(step.fix ?? '', /s3:ListBucket.*s3:prefix as a pattern.*403 for it instead of 404/);
  });

  it('the role may not get', async () => {
    await roleMay(allow('s3:ListBucket'));
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.equal(step.found, 'get is refused: 403 AccessDenied');
    assert.deepEqual(step.compared, {
      as: SESSION,
      key: 'raw/private/salaries.csv',
      action: 's3:GetObject',
      reason: 'role policy',
      explicit: false,
    });
    assert.match(step.fix ?? '', /^Allow s3:GetObject in the role's own policy/);
  });

  it('the role may not get, where there is no list to find a key by', async () => {
    await roleMay(allow('s3:ListBucket'));
    const grant = 'allow: [get], bucket: acme-lake, prefix: raw/';
    const step = firstWrong(await clinic.diagnose(granting([grant])), STEP);
    assert.match(step.fix ?? '', /^Allow s3:GetObject in the role's own policy/);
  });

  it('the role may not get, where there is nothing yet', async () => {
    await roleMay(allow('s3:ListBucket'));
    const grant = 'allow: [get, list], bucket: acme-lake, prefix: raw/empty/';
    const step = firstWrong(await clinic.diagnose(granting([grant])), 'bucket acme-lake, raw/empty/');
    assert.equal(step.found, 'a missing object is refused: 403 AccessDenied');
    assert.match(step.fix ?? '', /^Allow s3:GetObject in the role's own policy/);
  });

  it('the role lacks the right to a word of the grant', async () => {
    await roleMay(allow(['s3:GetObject', 's3:ListBucket', 's3:GetObjectAttributes']));
    const grant = 'allow: [get, list, attributes, tags], bucket: acme-lake, prefix: raw/';
    const step = firstWrong(await clinic.diagnose(granting([grant])), STEP);
    assert.equal(step.found, 'read of tags is refused: 403 AccessDenied');
    assert.match(step.fix ?? '', /^Allow s3:GetObjectTagging in the role's own policy/);
  });

  it('a bucket policy lets only a network in', async () => {
    const elsewhere = { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } };
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [LAKE, `${LAKE}/*`] };
    await clinic.control('PUT', '/bucket-policy', {
      bucket: 'acme-lake',
      policy: policyOf({ ...deny, Condition: elsewhere }),
    });
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.deepEqual([step.compared?.['reason'], step.compared?.['explicit']], ['bucket policy', true]);
    assert.match(step.fix ?? '', /Deny in the bucket's policy.*aws:SourceIp/);
  });

  it('one grant of several is denied, and goes on with the others', async () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `${LAKE}/raw/*` };
    await clinic.control('PUT', '/bucket-policy', { bucket: 'acme-lake', policy: policyOf(deny) });
    const curated = 'allow: [get, list], bucket: acme-lake, prefix: curated/';
    const diagnosis = await clinic.diagnose(granting([BELOW_RAW, curated]));
    firstWrong(diagnosis, STEP);
    assert.equal(diagnosis.steps.at(-1)?.step, 'bucket acme-lake, curated/');
    assert.equal(diagnosis.steps.at(-1)?.outcome, 'fine');
  });

  it('the object of a grant is not there', async () => {
    const grant = 'allow: [get], bucket: acme-lake, key: raw/rates.csv';
    const step = firstDoubtful(await clinic.diagnose(granting([grant])), 'bucket acme-lake, raw/rates.csv');
    assert.deepEqual([step.found, step.compared], ['S3 has no such object', { key: 'raw/rates.csv' }]);
  });

  it('what answers does not hold a session to its policy', async () => {
    // As an S3 that knows no session policies: all that is asked for is looked for.
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
      assert.equal(step.found, 'S3 does not deny ungranted reads');
      assert.match(step.fix ?? '', /does not enforce session policies: is it AWS\?/);
    } finally {
      lax.close();
    }
  });

  it('nobody says why, where S3 does not, and which places to look at', async () => {
    await clinic.fault({ supplier: 's3', fault: 'error', code: 'AccessDenied', message: 'Access Denied' });
    const step = firstWrong(await clinic.diagnose(granting([BELOW_RAW])), STEP);
    assert.deepEqual(step.compared, { as: SESSION });
    assert.match(step.fix ?? '', /S3 does not say why.*four places/);
    const silent = await clinic.diagnose(granting(['allow: [get], bucket: acme-lake, prefix: raw/']));
    assert.equal(silent.code, 0);
    assert.match(
      silent.steps.find(({ step: name }) => name === STEP)?.found ?? '',
      /no key to try, and S3 does not say why it denies a missing one \(403 AccessDenied\)/,
    );
  });

  it('an archived object may be read, once it is restored', async () => {
    await clinic.fault({
      supplier: 's3',
      fault: 'error',
      code: 'InvalidObjectState',
      path: '/raw/private/salaries.csv',
    });
    const { code, steps } = await clinic.diagnose(granting([BELOW_RAW]));
    assert.equal(code, 0);
    assert.match(steps.at(-1)?.found ?? '', /^lists, may read \(the object tried is archived\), tells/);
  });

  it('only some of very many grants on a bucket were looked at', async () => {
    const grants = Array.from({ length: 11 }, (_, i) => `allow: [get], bucket: acme-lake, prefix: raw/${i}/`);
    const { code, steps } = await clinic.diagnose(granting(grants));
    assert.equal(code, 0);
    assert.deepEqual(
      [steps.filter(({ step }) => step.startsWith(STEP)).length, steps.at(-1)?.found],
      [8, '3 more grants that differ: not looked at'],
    );
  });
});
