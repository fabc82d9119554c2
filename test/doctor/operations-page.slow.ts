// docs/operations.md against the program: its table of ✗ has every fault that a doctor can tell, and what it shows is what one sees.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { lakeRole, openClinic } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** Faults of callers' requests are not the doctor's. */
const OF_THE_WAY = /^(?:metadata|google|impersonation|token_file|profile|sts|s3)_/;

describe('docs/operations.md', () => {
  let clinic: Clinic;
  before(async () => {
    clinic = await openClinic();
  });
  after(() => clinic.close());

  it('says of every fault on the way what it means, and of none that there is not', () => {
    const [, chapter = ''] = /^## What each ✗ means\n([^]*?)^## /m.exec(PAGE) ?? [];
    const told = [...chapter.matchAll(/`([a-z0-9]+(?:_[a-z0-9]+)+)`/g)].map(([, code = '']) => code);
    assert.deepEqual(
      new Set(told.filter((code) => OF_THE_WAY.test(code))),
      new Set(Object.keys(FAULTS).filter((code) => OF_THE_WAY.test(code))),
    );
    assert.deepEqual(
      told.filter((code) => !Object.hasOwn(FAULTS, code)),
      [],
    );
  });

  it('shows what the doctor says of a service account that was made again', async () => {
    const [, shown = ''] = /^```\n(✗[^]*?)^```/m.exec(PAGE) ?? [];
    const { email } = clinic.contract.serviceAccount;
    await clinic.control('PUT', '/accounts', { email, uniqueId: '104815162342108150002' });
    const role = { Arn: clinic.contract.role, AssumeRolePolicyDocument: lakeRole().trust };
    const file = clinic.file('role.json', JSON.stringify({ Role: role }));
    const { stdout } = await clinic.run(['doctor', '--trust-policy', file]);
    assert.ok(stdout.replace(/(stsRequestId +)\S+/, '$1…').endsWith(shown), `${stdout}\n${shown}`);
  });

  it('shows options that there are', async () => {
    const { stderr } = await clinic.run(['doctor', '--no-such-option']);
    const options = [...PAGE.matchAll(/^fedbridge doctor (.*?)(?: {2}.*)?$/gm)].map(
      ([, given = '']) => given,
    );
    assert.ok(options.length > 2);
    for (const given of options)
      for (const [option] of given.matchAll(/--[\w-]+/g)) assert.ok(stderr.includes(option), option);
  });
});
