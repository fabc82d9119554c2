// The table in docs/operate/runbook.md lists every fault that `fedbridge doctor` reports, and the example there is
// real output.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { lakeRole, openClinic } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

const PAGE = readFileSync(new URL('../../docs/operate/runbook.md', import.meta.url), 'utf8');

/** Matches the faults that the doctor can report, but not the faults in callers' requests. */
const DOCTOR_FAULTS = /^(?:metadata|google|impersonation|token_file|profile|sts|s3)_/;

describe('docs/operate/runbook.md', () => {
  let clinic: Clinic;
  before(async () => {
    clinic = await openClinic();
  });
  after(() => clinic.close());

  it('explains every fault that the doctor can report, and no others', () => {
    const [, chapter = ''] = /^## What each ✗ means\n([^]*?)^## /m.exec(PAGE) ?? [];
    const listed = [...chapter.matchAll(/`([a-z0-9]+(?:_[a-z0-9]+)+)`/g)].map(([, code = '']) => code);
    assert.deepEqual(
      new Set(listed.filter((code) => DOCTOR_FAULTS.test(code))),
      new Set(Object.keys(FAULTS).filter((code) => DOCTOR_FAULTS.test(code))),
    );
    assert.deepEqual(
      listed.filter((code) => !Object.hasOwn(FAULTS, code)),
      [],
    );
  });

  it("shows the doctor's output for a service account that was deleted and re-created", async () => {
    const [, shown = ''] = /^```\n(✗[^]*?)^```/m.exec(PAGE) ?? [];
    const { email } = clinic.contract.serviceAccount;
    await clinic.control('PUT', '/accounts', { email, uniqueId: '104815162342108150002' });
    const role = { Arn: clinic.contract.role, AssumeRolePolicyDocument: lakeRole().trust };
    const file = clinic.file('role.json', JSON.stringify({ Role: role }));
    const { stdout } = await clinic.run(['doctor', '--trust-policy', file]);
    assert.ok(stdout.replace(/(stsRequestId +)\S+/, '$1…').endsWith(shown), `${stdout}\n${shown}`);
  });

  it('shows only existing options', async () => {
    const { stderr } = await clinic.run(['doctor', '--no-such-option']);
    const options = [...PAGE.matchAll(/^fedbridge doctor (.*?)(?: {2}.*)?$/gm)].map(
      ([, given = '']) => given,
    );
    assert.ok(options.length > 2);
    for (const given of options)
      for (const [option] of given.matchAll(/--[\w-]+/g)) assert.ok(stderr.includes(option), option);
  });
});
