// STS does not report why it denies a role, so `fedbridge doctor` shows the compared values, and the command that
// prints the trust policy.
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

const RECREATED = '104815162342108150002';

describe('fedbridge doctor, without the trust policy', () => {
  it('shows what AWS compared, and the command that prints the trust policy', async () => {
    const { email } = clinic.contract.serviceAccount;
    await clinic.control('PUT', '/accounts', { email, uniqueId: RECREATED });
    const step = firstWrong(await clinic.diagnose(), 'role lake');
    assert.equal(step.fault, 'sts_denied');
    assert.deepEqual(
      ['aud', 'oaud', 'sub'].map((key) => step.compared?.[`accounts.google.com:${key}`]),
      [RECREATED, 'fedbridge', RECREATED],
    );
    assert.match(
      step.fix ?? '',
      /In account 123456789012, run `aws iam get-role --role-name gcp-lake-read > role\.json`.*`--trust-policy role\.json`.*an audience in :aud instead of the unique ID.*deleted and re-created/,
    );
  });

  it('shows the role and the command that prints its trust policy even if the role does not exist, because STS returns the same error in both cases', async () => {
    const arn = 'arn:aws:iam::123456789012:role/teams/lake/gone';
    const yaml = withRoles(clinic.contract, { lake: `arn: "${arn}"` });
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'role lake');
    assert.equal(step.compared?.['roleArn'], arn);
    assert.match(step.fix ?? '', /--role-name gone > role\.json`\. If the role exists/);
  });
});
