// `fedbridge doctor` compares clocks before any step that a wrong clock can break. It does not report a failure separately if a
// wrong clock caused it.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { firstDoubtful, firstWrong, openClinic, stepsThatAre } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

/** Shifts each upstream's clock by the given number of seconds, and runs the doctor. */
async function diagnoseWithShift(offsets: Readonly<Record<string, number>>): ReturnType<Clinic['diagnose']> {
  for (const [upstream, offsetSeconds] of Object.entries(offsets))
    await clinic.control('PUT', '/clock', { upstream, offsetSeconds });
  return clinic.diagnose();
}

const allUpstreams = (offset: number): Record<string, number> => ({
  metadata: offset,
  certs: offset,
  sts: offset,
  s3: offset,
});

describe('fedbridge doctor', () => {
  it("reports this machine's clock as doubtful if it is 45 s behind", async () => {
    const step = firstDoubtful(await diagnoseWithShift(allUpstreams(45)), 'clock');
    assert.match(step.found, /^this machine's clock is [345]\d s behind Google's and AWS's$/);
    assert.match(step.fix ?? '', /^Correct this machine's clock/);
    const { "Google's clock ahead, in seconds": google, "AWS's clock ahead, in seconds": aws } =
      step.compared ?? {};
    assert.ok(Number(google) > 30 && Number(aws) > 30);
  });

  it("reports this machine's clock as doubtful if it is 2 minutes ahead", async () => {
    const step = firstDoubtful(await diagnoseWithShift(allUpstreams(-120)), 'clock');
    assert.match(step.found, /^this machine's clock is 1[0-4]\d s ahead of Google's and AWS's$/);
  });

  it("reports this machine's clock as wrong if it is 90 s behind, because the bridge would reject callers' fresh tokens", async () => {
    const diagnosis = await diagnoseWithShift(allUpstreams(90));
    assert.match(firstWrong(diagnosis, 'clock').fix ?? '', /rejects callers' fresh tokens/);
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
  });

  it("reports this machine's clock as wrong if it is 10 minutes ahead", async () => {
    const diagnosis = await diagnoseWithShift(allUpstreams(-600));
    assert.match(
      firstWrong(diagnosis, 'clock').found,
      /^this machine's clock is (5[6-9]|6[0-3])\d s ahead of Google's and AWS's$/,
    );
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
  });

  for (const offset of [7200, -7200])
    it(`marks only this machine's clock with ✗ if it is off by ${offset} s, which makes S3 reject requests`, async () => {
      const diagnosis = await diagnoseWithShift(allUpstreams(offset));
      firstWrong(diagnosis, 'clock');
      assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
      const bucket = diagnosis.steps.find(({ step }) => step === 'bucket acme-lake');
      assert.deepEqual([bucket?.outcome, bucket?.fault], ['unknown', 's3_credentials_rejected']);
      assert.match(bucket?.found ?? '', /because a clock is wrong/);
    });
});

describe('fedbridge doctor, if the clocks of Google and AWS differ', () => {
  it("reports that Google's clock is ahead", async () => {
    const step = firstWrong(await diagnoseWithShift({ certs: 600 }), 'clock');
    assert.match(step.found, /^Google's clock is (5[6-9]|6[0-3])\d s ahead of AWS's$/);
    assert.ok(step.fix?.includes(new URL(clinic.contract.certs).origin), JSON.stringify(step));
    assert.match(step.fix ?? '', /belongs to Google, and whether a proxy/);
  });

  it("reports Google's clock as doubtful if it is 2 minutes behind", async () => {
    const step = firstDoubtful(await diagnoseWithShift({ certs: -120 }), 'clock');
    assert.match(step.found, /^Google's clock is 1[12]\d s behind AWS's$/);
  });

  it("reports that AWS's clock is ahead", async () => {
    const step = firstWrong(await diagnoseWithShift({ sts: 90 }), 'clock');
    assert.match(step.found, /^AWS's clock is \d\d s ahead of Google's$/);
    assert.ok(step.fix?.includes(clinic.contract.sts), JSON.stringify(step));
  });

  it("marks only AWS's clock with ✗ if it is so far ahead that STS rejects every token", async () => {
    const diagnosis = await diagnoseWithShift({ sts: 7200 });
    firstWrong(diagnosis, 'clock');
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
    const role = diagnosis.steps.find(({ step }) => step === 'role lake');
    assert.deepEqual([role?.outcome, role?.fault], ['unknown', 'sts_token_expired']);
  });
});

describe('fedbridge doctor, if the clocks of Google and AWS agree', () => {
  it("reports that the metadata server's clock is behind if a new token has already expired", async () => {
    const step = firstWrong(await diagnoseWithShift({ metadata: -7200 }), 'identity token');
    assert.match(step.found, /^it expired 3[56]\d\d s ago$/);
    assert.match(step.fix ?? '', /which server listens at the address in GCE_METADATA_HOST/);
  });

  it("reports that the metadata server's clock is ahead if a token is valid for too long", async () => {
    const step = firstDoubtful(await diagnoseWithShift({ metadata: 600 }), 'identity token');
    assert.match(step.found, /expires in more than an hour, but Google's tokens are valid for only an hour/);
  });

  for (const [offset, s3Code] of [
    [-7200, 'RequestTimeTooSkewed'],
    [7200, 'ExpiredToken'],
  ] as const)
    it(`infers that S3's clock is wrong from S3's error ${s3Code}`, async () => {
      const step = firstWrong(await diagnoseWithShift({ s3: offset }), 'bucket acme-lake');
      assert.deepEqual([step.fault, step.compared?.['s3Code']], ['s3_credentials_rejected', s3Code]);
      assert.match(step.fix ?? '', /Correct the server's clock/);
    });
});

it("fedbridge doctor checks this machine's clock against Google's or AWS's even if the other is unavailable", async () => {
  await clinic.fault({ upstream: 'sts', fault: 'refuse' });
  const diagnosis = await diagnoseWithShift({ certs: -600, metadata: -600 });
  assert.match(
    firstWrong(diagnosis, 'clock').found,
    /^this machine's clock is (5[6-9]|6[0-3])\d s ahead of Google's; AWS's clock is unknown$/,
  );
});
