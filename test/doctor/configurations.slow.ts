// `fedbridge doctor` tells everything that is wrong with a configuration, each with its line, and what in a valid one is hardly meant.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { firstDoubtful, firstWrong, openClinic, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());

describe('fedbridge doctor tells of a configuration', () => {
  it('all that is wrong with it, and asks nobody', async () => {
    await clinic.control('DELETE', '/calls');
    const yaml = withGrants(clinic.contract, ['allow: [read], bucket: acme-lake'], { more: 'bukets: {}' });
    const diagnosis = await clinic.diagnose(clinic.configured(yaml));
    firstWrong(diagnosis, 'configuration');
    assert.deepEqual(
      diagnosis.steps.map(({ step, outcome }) => [step, outcome]),
      [
        ['surroundings', 'fine'],
        ['configuration', 'wrong'],
        ['configuration', 'wrong'],
        ['all else', 'unknown'],
      ],
    );
    const [, allow, bukets] = diagnosis.steps;
    assert.match(allow?.found ?? '', /^grants\[0\]\.allow\[0\] must be one of get, list/);
    assert.match(bukets?.fix ?? '', /buckets/);
    assert.deepEqual([allow?.compared, bukets?.compared], [{ line: 7 }, { line: 8 }]);
    assert.deepEqual([await clinic.calls('metadata'), await clinic.calls('sts')], [[], []]);
  });

  it('that there is none', async () => {
    const step = firstWrong(await clinic.diagnose([], { FEDBRIDGE_CONFIG: '' }), 'configuration');
    assert.match(step.found, /^FEDBRIDGE_CONFIG is not set/);
    assert.match(step.fix ?? '', /Set it to the path of a YAML file/);
  });

  it('that its file is not there', async () => {
    const step = firstWrong(await clinic.diagnose(['--config', '/nowhere.yaml']), 'configuration');
    assert.match(step.found, /"\/nowhere\.yaml" does not exist/);
  });

  it('that callers’ tokens and ours would be for the same audience', async () => {
    const yaml = withGrants({ ...clinic.contract, audience: 'fedbridge' }, [
      'allow: [get], bucket: acme-lake',
    ]);
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'configuration');
    assert.match(`${step.found} ${step.fix ?? ''}`, /audience/);
  });

  it('what nothing uses, once, and looks at the rest', async () => {
    const grants = ['allow: [get, list], bucket: acme-lake'];
    const yaml = withGrants(clinic.contract, grants, { buckets: { 'acme-lake': '', 'acme-spare': '' } });
    const diagnosis = await clinic.diagnose(clinic.configured(yaml));
    const step = firstDoubtful(diagnosis, 'configuration');
    assert.equal(step.found, 'buckets.acme-spare is used by no grant');
    assert.deepEqual(stepsThatAre('doubtful', diagnosis), ['configuration']);
    assert.deepEqual(stepsThatAre('unknown', diagnosis), ['bucket acme-spare']);
  });

  it('the form without a file as well', async () => {
    const { code, steps } = await clinic.diagnose([], {
      FEDBRIDGE_CONFIG: '',
      AWS_ROLE_ARN: clinic.contract.role,
      FEDBRIDGE_AUDIENCE: clinic.contract.audience,
      FEDBRIDGE_BUCKET: clinic.contract.bucket,
      FEDBRIDGE_CALLERS: clinic.contract.callers.reader,
      FEDBRIDGE_PREFIX: 'raw/public/',
    });
    assert.deepEqual([code, steps.at(-1)?.step], [0, 'bucket acme-lake, raw/public/']);
  });
});
