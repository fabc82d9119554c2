// What is wrong with a bucket as a whole is told once of it, and is the first ✗ of `fedbridge doctor`.
import assert from 'node:assert/strict';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { after, afterEach, before, describe, it } from 'node:test';
import { s3Client } from '../sandbox/clients.ts';
import { startStandIn } from '../support/s3-stand-in.ts';
import { firstDoubtful, firstWrong, openClinic, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const CLOUD_RUN = { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-7' };

/** Of one bucket, with two grants. */
const named = (bucket: string, fields = ''): readonly string[] =>
  clinic.configured(
    withGrants(
      clinic.contract,
      [`allow: [get, list], bucket: ${bucket}`, `allow: [get], bucket: ${bucket}, prefix: raw/`],
      { buckets: { [bucket]: fields } },
    ),
  );

describe('fedbridge doctor says of a bucket', () => {
  it('that S3 has none of that name, and asks no more', async () => {
    const diagnosis = await clinic.diagnose(named('acme-none'));
    const step = firstWrong(diagnosis, 'bucket acme-none');
    assert.equal(step.found, 'list is refused: 404 NoSuchBucket');
    assert.match(step.fix ?? '', /check the bucket's `target` and `endpoint`/);
    const [rest] = diagnosis.steps.filter(({ outcome }) => outcome === 'unknown');
    assert.equal(rest?.found, '1 more grant of this bucket: not looked at');
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['bucket acme-none']);
  });

  it('that S3 has none of that name, where there is no list to see it by', async () => {
    const grants = ['allow: [get], bucket: acme-none, prefix: raw/'];
    const yaml = withGrants(clinic.contract, grants, { buckets: { 'acme-none': '' } });
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'bucket acme-none');
    assert.equal(step.found, 'get is refused: 404 NoSuchBucket');
  });

  for (const [what, fields, first] of [
    ['no region is said', '', 'eu-west-1 (aws.region)'],
    ['another is', 'region: us-west-2', 'us-west-2'],
  ] as const)
    it(`in which region it is, where ${what}, and that it works`, async () => {
      const name = fields === '' ? 'acme-far' : 'acme-farther';
      const region = { LocationConstraint: 'us-east-2' } as const;
      await s3Client(clinic.sandbox).send(
        new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: region }),
      );
      const diagnosis = await clinic.diagnose(named(name, fields));
      const step = firstDoubtful(diagnosis, `bucket ${name}`);
      assert.equal(step.found, 'it is in us-east-2');
      assert.deepEqual(step.compared, { 'looked for in': first, 'S3 says': 'us-east-2' });
      assert.match(step.fix ?? '', /^Set the bucket's region to us-east-2/);
      assert.deepEqual(stepsThatAre('doubtful', diagnosis), [`bucket ${name}`], 'once');
      const found = diagnosis.steps.find((each) => each.step === `bucket ${name}, all of it`)?.found;
      assert.equal(found, 'lists, and is empty, tells a missing object by 404');
    });

  it('that S3 is out of reach', async () => {
    await clinic.fault({ supplier: 's3', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose(), 'bucket acme-lake');
    assert.deepEqual([step.fault, step.compared?.['requested']], ['s3_unreachable', clinic.contract.s3]);
    assert.match(step.fix ?? '', /^This machine does not reach .*Cloud NAT/);
  });

  it('that S3 is out of reach of Cloud Run', async () => {
    await clinic.fault({ supplier: 's3', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose([], CLOUD_RUN), 'bucket acme-lake');
    assert.match(step.fix ?? '', /^This service does not reach .*VPC egress for all traffic/);
  });

  it('that S3 takes the connection and says nothing', async () => {
    await clinic.fault({ supplier: 's3', fault: 'hang' });
    const diagnosis = await clinic.diagnose();
    const step = firstWrong(diagnosis, 'bucket acme-lake');
    assert.equal(step.fault, 's3_timeout');
    assert.match(step.fix ?? '', /takes the connection and does not answer/);
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['bucket acme-lake']);
  });

  it('that there is no such host', async () => {
    const diagnosis = await clinic.diagnose(named('acme-lake', 'endpoint: "https://s3.invalid"'));
    const step = firstWrong(diagnosis, 'bucket acme-lake');
    assert.match(step.fix ?? '', /^There is no host s3\.invalid: check the region and the endpoint/);
  });

  it('that what answers is no S3', async () => {
    const other = await startStandIn((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': '2' }).end('hi');
    });
    try {
      const diagnosis = await clinic.diagnose(named('acme-lake', `endpoint: "${other.origin}"`));
      assert.equal(firstWrong(diagnosis, 'bucket acme-lake').fault, 's3_invalid_response');
    } finally {
      other.close();
    }
  });

  it('that S3 asks to slow down', async () => {
    await clinic.fault({ supplier: 's3', fault: 'error', code: 'SlowDown' });
    const step = firstWrong(await clinic.diagnose(), 'bucket acme-lake, all of it');
    assert.match(step.fix ?? '', /ask again in a minute/);
  });
});

it('fedbridge doctor looks at sixteen buckets at a time, and tells them in their order', async () => {
  const names = Array.from({ length: 40 }, (_, position) => `acme-many-${position}`);
  const asked = new Set<string>();
  let begun: number | undefined;
  const { promise: sixteen, resolve } = Promise.withResolvers<undefined>();
  // Nothing is answered before sixteen have been asked for: by then that many sessions were had, and no more.
  const slow = await startStandIn(async (request, response) => {
    asked.add(request.url ?? '');
    if (asked.size === 16) {
      const sessions = await clinic.calls('sts');
      begun = sessions.filter(({ policy }) => String(policy).includes('acme-many-')).length;
      resolve(undefined);
    }
    await sixteen;
    response.writeHead(404, { 'content-type': 'application/xml' });
    response.end('<Error><Code>NoSuchBucket</Code></Error>');
  });
  try {
    const yaml = withGrants(
      clinic.contract,
      names.map((name) => `allow: [get, list], bucket: ${name}`),
      { buckets: Object.fromEntries(names.map((name) => [name, `endpoint: "${slow.origin}"`])) },
    );
    const { steps } = await clinic.diagnose(clinic.configured(yaml));
    assert.deepEqual(
      steps.filter(({ outcome }) => outcome === 'wrong').map(({ step, found }) => [step, found]),
      names.map((name) => [`bucket ${name}`, 'list is refused: 404 NoSuchBucket']),
    );
    assert.equal(begun, 16);
  } finally {
    slow.close();
  }
});
