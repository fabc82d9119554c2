// `fedbridge doctor` compares clocks before anything that a wrong one breaks, and does not tell its consequences as causes.
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

/** Suppliers whose clocks are told to differ, by seconds. */
async function shifted(offsets: Readonly<Record<string, number>>): ReturnType<Clinic['diagnose']> {
  for (const [supplier, offsetSeconds] of Object.entries(offsets))
    await clinic.control('PUT', '/clock', { supplier, offsetSeconds });
  return clinic.diagnose();
}

const everyones = (offset: number): Record<string, number> => ({
  metadata: offset,
  certs: offset,
  sts: offset,
  s3: offset,
});

describe('fedbridge doctor says that this machine’s clock', () => {
  it('is doubtful, 45 s behind', async () => {
    const step = firstDoubtful(await shifted(everyones(45)), 'clock');
    assert.match(step.found, /^this machine's is [345]\d s behind Google's and AWS's$/);
    assert.match(step.fix ?? '', /^Set this machine's clock/);
    const { "seconds that Google's is ahead": google, "seconds that AWS's is ahead": aws } =
      step.compared ?? {};
    assert.ok(Number(google) > 30 && Number(aws) > 30);
  });

  it('is doubtful, 2 minutes ahead', async () => {
    const step = firstDoubtful(await shifted(everyones(-120)), 'clock');
    assert.match(step.found, /^this machine's is 1[0-4]\d s ahead of Google's and AWS's$/);
  });

  it('is wrong, 90 s behind: the bridge itself would refuse fresh tokens of callers', async () => {
    const diagnosis = await shifted(everyones(90));
    assert.match(firstWrong(diagnosis, 'clock').fix ?? '', /takes no fresh token of a caller/);
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
  });

  it('is wrong, 10 minutes ahead', async () => {
    const diagnosis = await shifted(everyones(-600));
    assert.match(
      firstWrong(diagnosis, 'clock').found,
      /^this machine's is (5[6-9]|6[0-3])\d s ahead of Google's and AWS's$/,
    );
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
  });

  for (const offset of [7200, -7200])
    it(`is wrong by two hours (${offset} s), and that S3 refuses is no other ✗`, async () => {
      const diagnosis = await shifted(everyones(offset));
      firstWrong(diagnosis, 'clock');
      assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
      const bucket = diagnosis.steps.find(({ step }) => step === 'bucket acme-lake');
      assert.deepEqual([bucket?.outcome, bucket?.fault], ['unknown', 's3_credentials_rejected']);
      assert.match(bucket?.found ?? '', /because of the clock/);
    });
});

describe('where Google’s clock and AWS’s differ, fedbridge doctor says which of them is off', () => {
  it('Google’s ahead', async () => {
    const step = firstWrong(await shifted({ certs: 600 }), 'clock');
    assert.match(step.found, /^Google's is (5[6-9]|6[0-3])\d s ahead of AWS's$/);
    assert.ok(step.fix?.includes(new URL(clinic.contract.certs).origin), JSON.stringify(step));
    assert.match(step.fix ?? '', /is not Google, or a proxy/);
  });

  it('Google’s behind, and doubtful', async () => {
    const step = firstDoubtful(await shifted({ certs: -120 }), 'clock');
    assert.match(step.found, /^Google's is 1[12]\d s behind AWS's$/);
  });

  it('AWS’s ahead', async () => {
    const step = firstWrong(await shifted({ sts: 90 }), 'clock');
    assert.match(step.found, /^AWS's is \d\d s ahead of Google's$/);
    assert.ok(step.fix?.includes(clinic.contract.sts), JSON.stringify(step));
  });

  it('AWS’s so far ahead that each token has ended there, which is no other ✗', async () => {
    const diagnosis = await shifted({ sts: 7200 });
    firstWrong(diagnosis, 'clock');
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['clock']);
    const role = diagnosis.steps.find(({ step }) => step === 'role lake');
    assert.deepEqual([role?.outcome, role?.fault], ['unknown', 'sts_token_expired']);
  });
});

describe('where the clocks that are compared agree, fedbridge doctor says that', () => {
  it('the metadata server’s is behind, as its token has ended', async () => {
    const step = firstWrong(await shifted({ metadata: -7200 }), 'identity token');
    assert.match(step.found, /^it ended 3[56]\d\d s ago$/);
    assert.match(step.fix ?? '', /another metadata server listening at GCE_METADATA_HOST/);
  });

  it('the metadata server’s is ahead, as its token lives too long', async () => {
    const step = firstDoubtful(await shifted({ metadata: 600 }), 'identity token');
    assert.match(step.found, /more left than the hour/);
  });

  for (const [offset, s3Code] of [
    [-7200, 'RequestTimeTooSkewed'],
    [7200, 'ExpiredToken'],
  ] as const)
    it(`S3’s is off, as it answers ${s3Code}`, async () => {
      const step = firstWrong(await shifted({ s3: offset }), 'bucket acme-lake');
      assert.deepEqual([step.fault, step.compared?.['s3Code']], ['s3_credentials_rejected', s3Code]);
      assert.match(step.fix ?? '', /set the clock of what answers there/);
    });
});

it('where a clock cannot be asked, fedbridge doctor compares the other', async () => {
  await clinic.fault({ supplier: 'sts', fault: 'refuse' });
  const diagnosis = await shifted({ certs: -600, metadata: -600 });
  assert.match(
    firstWrong(diagnosis, 'clock').found,
    /^this machine's is (5[6-9]|6[0-3])\d s ahead of Google's; AWS's is not known$/,
  );
});
