// `fedbridge doctor` reports a problem with a bucket once, as its first ✗, even if the bucket has several grants.
import assert from 'node:assert/strict';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { after, afterEach, before, describe, it } from 'node:test';
import { s3Client } from '../sandbox/clients.ts';
import { startStandIn } from '../support/stand-in.ts';
import { firstDoubtful, firstWrong, openClinic, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const CLOUD_RUN = { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-7' };

/** The arguments for a configuration with one bucket and two grants. */
const named = (bucket: string, fields = ''): readonly string[] =>
  clinic.configured(
    withGrants(
      clinic.contract,
      [`allow: [get, list], bucket: ${bucket}`, `allow: [get], bucket: ${bucket}, prefix: raw/`],
      { buckets: { [bucket]: fields } },
    ),
  );

describe('fedbridge doctor', () => {
  it("reports that a bucket does not exist, and does not check the bucket's other grants", async () => {
    const diagnosis = await clinic.diagnose(named('acme-none'));
    const step = firstWrong(diagnosis, 'bucket acme-none');
    assert.equal(step.found, 'list failed: 404 NoSuchBucket');
    assert.match(step.fix ?? '', /check the bucket's `target` and `endpoint`/);
    const [rest] = diagnosis.steps.filter(({ outcome }) => outcome === 'unknown');
    assert.equal(rest?.found, '1 more distinct grant not checked');
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['bucket acme-none']);
  });

  it('reports that a bucket does not exist even if no grant allows listing objects', async () => {
    const grants = ['allow: [get], bucket: acme-none, prefix: raw/'];
    const yaml = withGrants(clinic.contract, grants, { buckets: { 'acme-none': '' } });
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'bucket acme-none');
    assert.equal(step.found, 'get failed: 404 NoSuchBucket');
  });

  for (const [what, fields, first] of [
    ['no region is configured', '', 'eu-west-1 (aws.region)'],
    ['another region is configured', 'region: us-west-2', 'us-west-2'],
  ] as const)
    it(`reports a bucket's actual region if ${what}`, async () => {
      const name = fields === '' ? 'acme-far' : 'acme-farther';
      const region = { LocationConstraint: 'us-east-2' } as const;
      await s3Client(clinic.sandbox).send(
        new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: region }),
      );
      const diagnosis = await clinic.diagnose(named(name, fields));
      const step = firstDoubtful(diagnosis, `bucket ${name}`);
      assert.equal(step.found, 'it is in us-east-2');
      assert.deepEqual(step.compared, { 'expected region': first, 'actual region': 'us-east-2' });
      assert.match(step.fix ?? '', /^Set the bucket's region to us-east-2/);
      assert.deepEqual(stepsThatAre('doubtful', diagnosis), [`bucket ${name}`], 'once');
      const found = diagnosis.steps.find((each) => each.step === `bucket ${name}, whole bucket`)?.found;
      assert.equal(found, 'lists (no objects), returns 404 for a missing object');
    });

  it('reports that S3 is unreachable', async () => {
    await clinic.fault({ upstream: 's3', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose(), 'bucket acme-lake');
    assert.deepEqual([step.fault, step.compared?.['requested']], ['s3_unreachable', clinic.contract.s3]);
    assert.match(step.fix ?? '', /^This machine cannot reach .*Cloud NAT/);
  });

  it('reports that S3 is unreachable from Cloud Run', async () => {
    await clinic.fault({ upstream: 's3', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose([], CLOUD_RUN), 'bucket acme-lake');
    assert.match(step.fix ?? '', /^This service cannot reach .*VPC egress for all traffic/);
  });

  it('reports that S3 accepts the connection but does not respond', async () => {
    await clinic.fault({ upstream: 's3', fault: 'hang' });
    const diagnosis = await clinic.diagnose();
    const step = firstWrong(diagnosis, 'bucket acme-lake');
    assert.equal(step.fault, 's3_timeout');
    assert.match(step.fix ?? '', /accepts the connection but does not respond/);
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['bucket acme-lake']);
  });

  it("reports that the host in a bucket's endpoint does not exist", async () => {
    const diagnosis = await clinic.diagnose(named('acme-lake', 'endpoint: "https://s3.invalid"'));
    const step = firstWrong(diagnosis, 'bucket acme-lake');
    assert.match(
      step.fix ?? '',
      /^DNS has no address for s3\.invalid: check the configured region and endpoint/,
    );
  });

  it("reports that a bucket's server is not S3", async () => {
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

  it('reports that S3 is throttling requests', async () => {
    await clinic.fault({ upstream: 's3', fault: 'error', code: 'SlowDown' });
    const step = firstWrong(await clinic.diagnose(), 'bucket acme-lake, whole bucket');
    assert.match(step.fix ?? '', /Rerun the doctor in a minute/);
  });
});

it('fedbridge doctor checks sixteen buckets at a time, and reports them in order', async () => {
  const names = Array.from({ length: 40 }, (_, position) => `acme-many-${position}`);
  const requested = new Set<string>();
  let begun: number | undefined;
  const { promise: sixteen, resolve } = Promise.withResolvers<undefined>();
  // Holds all responses until sixteen requests have arrived. By then, exactly sixteen sessions must have been created.
  const slow = await startStandIn(async (request, response) => {
    requested.add(request.url ?? '');
    if (requested.size === 16) {
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
      names.map((name) => [`bucket ${name}`, 'list failed: 404 NoSuchBucket']),
    );
    assert.equal(begun, 16);
  } finally {
    slow.close();
  }
});
