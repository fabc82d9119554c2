// `fedbridge doctor` reports every problem in a configuration with its line number, and reports suspicious settings in a valid
// configuration.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { firstDoubtful, firstWrong, openClinic, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());

describe('fedbridge doctor', () => {
  it('reports every problem in a configuration, and sends no requests', async () => {
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
        ['other steps', 'unknown'],
      ],
    );
    const [, allow, bukets] = diagnosis.steps;
    assert.match(allow?.found ?? '', /^grants\[0\]\.allow\[0\] must be one of get, list/);
    assert.match(bukets?.fix ?? '', /buckets/);
    assert.deepEqual([allow?.compared, bukets?.compared], [{ line: 7 }, { line: 8 }]);
    assert.deepEqual([await clinic.calls('metadata'), await clinic.calls('sts')], [[], []]);
  });

  it('reports a missing configuration', async () => {
    const step = firstWrong(await clinic.diagnose([], { FEDBRIDGE_CONFIG: '' }), 'configuration');
    assert.match(step.found, /^FEDBRIDGE_CONFIG is not set/);
    assert.match(step.fix ?? '', /Set it to a YAML file's path/);
  });

  it('reports a configuration file that does not exist', async () => {
    const step = firstWrong(await clinic.diagnose(['--config', '/nowhere.yaml']), 'configuration');
    assert.match(step.found, /"\/nowhere\.yaml" does not exist/);
  });

  it("reports a configuration in which callers' tokens and the bridge's own token have the same audience", async () => {
    const yaml = withGrants({ ...clinic.contract, audience: 'fedbridge' }, [
      'allow: [get], bucket: acme-lake',
    ]);
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'configuration');
    assert.match(`${step.found} ${step.fix ?? ''}`, /audience/);
  });

  it('reports an unused bucket only once, and still checks the rest of the configuration', async () => {
    const grants = ['allow: [get, list], bucket: acme-lake'];
    const yaml = withGrants(clinic.contract, grants, { buckets: { 'acme-lake': '', 'acme-spare': '' } });
    const diagnosis = await clinic.diagnose(clinic.configured(yaml));
    const step = firstDoubtful(diagnosis, 'configuration');
    assert.equal(step.found, 'buckets.acme-spare is not used by any grant');
    assert.deepEqual(stepsThatAre('doubtful', diagnosis), ['configuration']);
    assert.deepEqual(stepsThatAre('unknown', diagnosis), ['bucket acme-spare']);
  });

  it('checks a configuration that is given in environment variables', async () => {
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
