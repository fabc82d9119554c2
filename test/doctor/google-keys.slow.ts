// `fedbridge doctor` looks at the keys that callers' tokens are verified by: whether they are there, and whether they are Google's.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { startStandIn } from '../support/s3-stand-in.ts';
import { firstWrong, openClinic, stepsThatAre } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const STEP = "Google's keys";

describe('fedbridge doctor says of Google’s keys', () => {
  it('that they are out of reach, with the host that firewalls must let through', async () => {
    await clinic.fault({ supplier: 'certs', fault: 'refuse' });
    const diagnosis = await clinic.diagnose();
    const step = firstWrong(diagnosis, STEP);
    assert.match(step.found, /out of reach, so that no caller can be verified/);
    assert.deepEqual(step.compared, { requested: clinic.contract.certs, error: 'ECONNREFUSED' });
    assert.ok(
      step.fix?.startsWith(`This machine does not reach ${new URL(clinic.contract.certs).host}: `),
      JSON.stringify(step),
    );
    // Roles and buckets do not need them.
    assert.deepEqual(stepsThatAre('wrong', diagnosis), [STEP]);
    assert.ok(stepsThatAre('fine', diagnosis).includes('role lake'));
  });

  it('that they do not come', async () => {
    await clinic.fault({ supplier: 'certs', fault: 'hang' });
    assert.equal(firstWrong(await clinic.diagnose(), STEP).compared?.['error'], 'TimeoutError');
  });

  it('that they begin to come, and do not end', async () => {
    await clinic.fault({ supplier: 'certs', fault: 'stall', after: 20, path: '/oauth2' });
    assert.match(firstWrong(await clinic.diagnose(), STEP).found, /out of reach/);
  });

  const NO_KEY_SETS = [
    ['nonsense', { fault: 'garbage' }, 200],
    ['nothing', { fault: 'empty' }, 200],
    ['an error', { fault: 'status', status: 404 }, 404],
  ] as const;
  for (const [what, fields, status] of NO_KEY_SETS)
    it(`that ${what} is no key set`, async () => {
      await clinic.fault({ supplier: 'certs', path: '/oauth2', ...fields });
      const step = firstWrong(await clinic.diagnose(), STEP);
      assert.match(step.found, /no key set/);
      assert.equal(step.compared?.['status'], status);
      assert.match(step.fix ?? '', /^Unset FEDBRIDGE_GOOGLE_CERTS: .*googleapis\.com\/oauth2\/v3\/certs/);
    });

  it('that they are another’s, as none has signed our own token', async () => {
    const other = await startStandIn((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [{ kty: 'RSA', kid: 'anothers', n: 'AQAB', e: 'AQAB' }] }));
    });
    try {
      const diagnosis = await clinic.diagnose([], { FEDBRIDGE_GOOGLE_CERTS: `${other.origin}/certs` });
      const step = firstWrong(diagnosis, STEP);
      assert.match(step.found, /lack the one that signed our own token/);
      assert.match(step.fix ?? '', /^Unset FEDBRIDGE_GOOGLE_CERTS/);
    } finally {
      other.close();
    }
  });

  it('that one of them has the name of the key that signed our own token, and is another', async () => {
    const { keys } = (await (await fetch(clinic.contract.certs)).json()) as { keys: readonly object[] };
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forged = keys.map((key) => ({ ...key, ...publicKey.export({ format: 'jwk' }) }));
    const other = await startStandIn((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: forged }));
    });
    try {
      const diagnosis = await clinic.diagnose([], { FEDBRIDGE_GOOGLE_CERTS: `${other.origin}/certs` });
      const step = firstWrong(diagnosis, STEP);
      assert.equal(step.found, 'they do not verify our own token: callers’ tokens are refused, too');
      assert.match(step.fix ?? '', /^Unset FEDBRIDGE_GOOGLE_CERTS/);
    } finally {
      other.close();
    }
  });

  it('that they verify our own token', async () => {
    const { steps } = await clinic.diagnose();
    const step = steps.find(({ step: name }) => name === STEP);
    assert.deepEqual([step?.outcome, step?.found], ['fine', "1 key, which verifies the bridge's own token"]);
  });

  it('that they were tried on no token, if the bridge has none, and how to find out', async () => {
    await clinic.fault({ supplier: 'metadata', fault: 'refuse' });
    const { steps } = await clinic.diagnose();
    const step = steps.find(({ step: name }) => name === STEP);
    assert.deepEqual(
      [step?.outcome, step?.found],
      ['unknown', '1 key, tried on no token, as the bridge has none here'],
    );
    assert.match(step?.fix ?? '', /^To find out, call the bridge with a caller's token: .*\/-\/whoami/);
  });
});
