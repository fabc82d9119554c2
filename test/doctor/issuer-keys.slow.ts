// `fedbridge doctor` checks that the keys of the issuers in the configuration can be fetched.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { startIssuer } from '../support/issuers.ts';
import { firstWrong, openClinic, stepsThatAre } from './diagnosis.ts';
import type { Clinic, Diagnosis } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const diagnose = (issuers: string): Promise<Diagnosis> => {
  const { audience, region, role, bucket } = clinic.contract;
  return clinic.diagnose(
    clinic.configured(`
audience: ${audience}
aws: { region: ${region} }
issuers: [${issuers}]
roles: { lake: { arn: "${role}" } }
buckets: { ${bucket}: { role: lake } }
grants: [{ callers: ["cluster:analytics/etl"], allow: [get], bucket: ${bucket} }]
`),
  );
};
const cluster = (more = ''): string =>
  `{ name: cluster, kind: kubernetes, url: "${clinic.contract.issuer}"${more} }`;

describe('fedbridge doctor', () => {
  it("reports the keys that an issuer's discovery document names", async () => {
    const { steps } = await diagnose(cluster());
    const step = steps.find(({ step: name }) => name === 'issuer cluster');
    assert.deepEqual([step?.outcome, step?.found], ['fine', '1 key, found by discovery']);
  });

  it('reports an unreachable issuer, and checks everything else', async () => {
    await clinic.fault({ upstream: 'issuer', fault: 'refuse' });
    const diagnosis = await diagnose(cluster());
    const step = firstWrong(diagnosis, 'issuer cluster');
    assert.match(step.found, /keys could not be fetched, .*: issuer_keys_unavailable$/);
    assert.deepEqual(step.compared, {
      requested: clinic.contract.issuer,
      issuer: 'cluster',
      error: 'ECONNREFUSED',
    });
    assert.match(step.fix ?? '', /Check egress to the issuer's host/);
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['issuer cluster']);
    assert.ok(stepsThatAre('fine', diagnosis).includes('role lake'));
  });

  it('reports an issuer that does not respond', async () => {
    await clinic.fault({ upstream: 'issuer', fault: 'hang' });
    const step = firstWrong(await diagnose(cluster()), 'issuer cluster');
    assert.equal(step.compared?.['error'], 'TimeoutError');
  });

  it('reports a key set without keys that the bridge can use', async () => {
    const other = await startIssuer({
      respond: () => (_request, response) => {
        response.end(JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'a', x: 'AA' }] }));
      },
    });
    try {
      const step = firstWrong(await diagnose(cluster(`, jwks: "${other.url}/keys"`)), 'issuer cluster');
      assert.deepEqual(step.compared, {
        requested: `${other.url}/keys`,
        issuer: 'cluster',
        error: 'the response contains no RSA or P-256 keys',
      });
    } finally {
      other.standIn.close();
    }
  });
});
