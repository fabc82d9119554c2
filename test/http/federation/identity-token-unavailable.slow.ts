// Where the metadata server gives no identity token, callers get 503, the operator the reason, and nobody has to restart.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import {
  asAccount,
  identityTokensAsked,
  openToProject,
  READABLE,
  sessionsAtSts,
} from '../../support/sessions-at-sts.ts';
import { inTime } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** So short that each STS call fetches the token anew. */
const TOKEN_SECONDS = 30;

const startForgetful = async (): Promise<Wire> => {
  const wire = await startWire({ config: openToProject(), environment: { LOG_LEVEL: 'trace' } });
  await wire.control('PUT', '/durations', { identityToken: TOKEN_SECONDS });
  await wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
  assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 0) })).status, 200);
  return wire;
};

async function failAndRecover(
  wire: Wire,
  n: number,
  settings: Readonly<Record<string, unknown>>,
  fault: FaultCode,
): Promise<void> {
  const headers = asAccount(wire, n);
  await wire.forgetCalls();
  await wire.fault({ supplier: 'metadata', ...settings });
  const reply = await inTime('the bridge responds', wire.get(READABLE, { headers }));
  await wire.clearFaults();
  assert.equal(reply.status, 503);
  assert.equal(reply.headers['retry-after'], '2');
  assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
  assert.doesNotMatch(reply.text, /metadata|127\.0\.0\.1|eyJ/i);
  const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
  assert.equal(line['fault'], fault);
  assert.equal(line['remedy'], FAULTS[fault].fix);
  assert.deepEqual(await sessionsAtSts(wire), [], 'STS is not asked without a token');
  assert.equal((await wire.get(READABLE, { headers })).status, 200, 'and is, once there is one');
  assert.doesNotMatch(wire.bridge.output(), /eyJ[\w-]{10,}\.[\w-]{10,}/, 'no token in the log');
}

/** As GKE's metadata server words it. */
const GKE_DENIAL =
  "Unable to generate identity token; IAM returned 403 Forbidden: Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).";

describe('while the metadata server', () => {
  let wire: Wire;
  before(async () => {
    wire = await startForgetful();
  });
  after(() => wire.close());

  let account = 0;
  for (const [what, settings, fault] of [
    ['knows no account', { fault: 'status', status: 404 }, 'metadata_no_account'],
    ['forbids it', { fault: 'status', status: 403 }, 'metadata_refused'],
    [
      'forbids it because IAM denies it to GKE',
      { fault: 'status', status: 403, message: GKE_DENIAL },
      'metadata_workload_identity_denied',
    ],
    ['sends a page', { fault: 'status', status: 200, message: 'Log in' }, 'metadata_invalid_response'],
    ['does not name itself Google', { fault: 'garbage' }, 'metadata_invalid_response'],
    ['sends nothing', { fault: 'empty' }, 'metadata_invalid_response'],
  ] as const) {
    it(`${what}, that is ${fault}`, async () => {
      account += 1;
      await failAndRecover(wire, account, settings, fault);
    });
  }

  it('fails once, no caller notices', async () => {
    account += 1;
    await wire.forgetCalls();
    await wire.fault({ supplier: 'metadata', fault: 'status', status: 503, times: 1 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, account) })).status, 200);
    assert.equal(await identityTokensAsked(wire), 2);
  });

  it('fails, callers with credentials are served all the same', async () => {
    await wire.fault({ supplier: 'metadata', fault: 'status', status: 500 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 0) })).status, 200);
    await wire.clearFaults();
  });
});

describe('while the metadata server for long', { concurrency: true }, () => {
  for (const [what, settings, fault] of [
    ['does not answer', { fault: 'hang' }, 'metadata_timeout'],
    ['stops amid its answer', { fault: 'stall', after: 10 }, 'metadata_timeout'],
    ['fails again and again', { fault: 'status', status: 503 }, 'metadata_refused'],
    ['cannot be connected to', { fault: 'refuse' }, 'metadata_unreachable'],
    ['resets connections', { fault: 'reset' }, 'metadata_unreachable'],
  ] as const) {
    it(`${what}, that is ${fault}`, async (test) => {
      const wire = await startForgetful();
      test.after(() => wire.close());
      await failAndRecover(wire, 1, settings, fault);
    });
  }
});
