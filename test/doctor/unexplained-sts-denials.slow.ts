// Where STS denies a role it does not say why: `fedbridge doctor` says what it can, and the command that tells the rest.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { withRoles } from '../cli/as-the-bridge.ts';
import { firstWrong, openClinic } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const MADE_AGAIN = '104815162342108150002';

describe('without the trust policy, fedbridge doctor', () => {
  it('shows what AWS compared, and the command that gets it', async () => {
    const { email } = clinic.contract.serviceAccount;
    await clinic.control('PUT', '/accounts', { email, uniqueId: MADE_AGAIN });
    const step = firstWrong(await clinic.diagnose(), 'role lake');
    assert.equal(step.fault, 'sts_denied');
    assert.deepEqual(
      ['aud', 'oaud', 'sub'].map((key) => step.compared?.[`accounts.google.com:${key}`]),
      [MADE_AGAIN, 'fedbridge', MADE_AGAIN],
    );
    assert.match(
      step.fix ?? '',
      /in account 123456789012 run `aws iam get-role --role-name gcp-lake-read > role\.json`.*`--trust-policy role\.json`.*audience written into :aud, which wants the unique ID.*deleted and made again/,
    );
  });

  it('says the same of a role that is not there, as STS does', async () => {
    const arn = 'arn:aws:iam::123456789012:role/teams/lake/gone';
    const yaml = withRoles(clinic.contract, { lake: `arn: "${arn}"` });
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'role lake');
    assert.equal(step.compared?.['roleArn'], arn);
    assert.match(step.fix ?? '', /--role-name gone > role\.json`; if there is such a role/);
  });
});
