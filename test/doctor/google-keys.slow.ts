// `fedbridge doctor` checks that the keys for verifying callers' tokens are available and belong to Google.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { startStandIn } from '../support/stand-in.ts';
import { firstWrong, openClinic, stepsThatAre } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const STEP = "Google's keys";

describe('fedbridge doctor', () => {
  it("reports that Google's keys are unreachable, and names the host that firewalls must allow", async () => {
    await clinic.fault({ upstream: 'certs', fault: 'refuse' });
    const diagnosis = await clinic.diagnose();
    const step = firstWrong(diagnosis, STEP);
    assert.match(step.found, /unreachable, so callers' tokens cannot be verified/);
    assert.deepEqual(step.compared, { requested: clinic.contract.certs, error: 'ECONNREFUSED' });
    assert.ok(
      step.fix?.startsWith(`This machine cannot reach ${new URL(clinic.contract.certs).host}. `),
      JSON.stringify(step),
    );
    // Roles and buckets are still checked, because they do not need Google's keys.
    assert.deepEqual(stepsThatAre('wrong', diagnosis), [STEP]);
    assert.ok(stepsThatAre('fine', diagnosis).includes('role lake'));
  });

  it("reports that Google's key endpoint does not respond", async () => {
    await clinic.fault({ upstream: 'certs', fault: 'hang' });
    assert.equal(firstWrong(await clinic.diagnose(), STEP).compared?.['error'], 'TimeoutError');
  });

  it("reports that Google's keys are unreachable if the response stalls", async () => {
    await clinic.fault({ upstream: 'certs', fault: 'stall', after: 20, path: '/oauth2' });
    assert.match(firstWrong(await clinic.diagnose(), STEP).found, /unreachable/);
  });

  const NO_KEY_SETS = [
    ['an invalid response', { fault: 'garbage' }, 200],
    ['an empty response', { fault: 'empty' }, 200],
    ['an error response', { fault: 'status', status: 404 }, 404],
  ] as const;
  for (const [what, fields, status] of NO_KEY_SETS)
    it(`reports that ${what} is not a key set`, async () => {
      await clinic.fault({ upstream: 'certs', path: '/oauth2', ...fields });
      const step = firstWrong(await clinic.diagnose(), STEP);
      assert.match(step.found, /not a key set/);
      assert.equal(step.compared?.['status'], status);
      assert.match(
        step.fix ?? '',
        /^If FEDBRIDGE_GOOGLE_CERTS is set, unset it: .*googleapis\.com\/oauth2\/v3\/certs/,
      );
    });

  it("reports that the fetched keys are not Google's if none of them signed the bridge's own token", async () => {
    const other = await startStandIn((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [{ kty: 'RSA', kid: 'anothers', n: 'AQAB', e: 'AQAB' }] }));
    });
    try {
      const diagnosis = await clinic.diagnose([], { FEDBRIDGE_GOOGLE_CERTS: `${other.origin}/certs` });
      const step = firstWrong(diagnosis, STEP);
      assert.match(step.found, /do not include the key that signed the bridge's own token/);
      assert.match(step.fix ?? '', /^If FEDBRIDGE_GOOGLE_CERTS is set, unset it/);
    } finally {
      other.close();
    }
  });

  it("reports that a key with the right ID did not sign the bridge's own token", async () => {
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
      assert.equal(
        step.found,
        "they do not verify the bridge's own token, so callers' tokens are also rejected",
      );
      assert.match(step.fix ?? '', /^If FEDBRIDGE_GOOGLE_CERTS is set, unset it/);
    } finally {
      other.close();
    }
  });

  it("reports that Google's keys verify the bridge's own token", async () => {
    const { steps } = await clinic.diagnose();
    const step = steps.find(({ step: name }) => name === STEP);
    assert.deepEqual([step?.outcome, step?.found], ['fine', "1 key, which verifies the bridge's own token"]);
  });

  it("reports that it could not test Google's keys without a token, and explains how to test them", async () => {
    await clinic.fault({ upstream: 'metadata', fault: 'refuse' });
    const { steps } = await clinic.diagnose();
    const step = steps.find(({ step: name }) => name === STEP);
    assert.deepEqual(
      [step?.outcome, step?.found],
      ['unknown', '1 key, not tested because the bridge has no identity token on this machine'],
    );
    assert.match(step?.fix ?? '', /^To find out, call the bridge with a caller's token: .*\/-\/whoami/);
  });
});
