// If the metadata server returns no identity token, callers get 503, the log shows the reason, and no restart is needed.
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

/** A token lifetime that is so short that the bridge fetches a new token for each STS call. */
const TOKEN_SECONDS = 30;

const startWithShortTokens = async (): Promise<Wire> => {
  const wire = await startWire({ config: openToProject(), environment: { LOG_LEVEL: 'trace' } });
  await wire.control('PUT', '/durations', { identityToken: TOKEN_SECONDS });
  await wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
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
  await wire.fault({ upstream: 'metadata', ...settings });
  const reply = await inTime('the bridge responds', wire.get(READABLE, { headers }));
  await wire.clearFaults();
  assert.equal(reply.status, 503);
  assert.equal(reply.headers['retry-after'], '2');
  assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
  assert.doesNotMatch(reply.text, /metadata|127\.0\.0\.1|eyJ/i);
  const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
  assert.equal(line['fault'], fault);
  assert.equal(line['remedy'], FAULTS[fault].fix);
  assert.deepEqual(await sessionsAtSts(wire), [], 'STS is not called without a token');
  assert.equal(
    (await wire.get(READABLE, { headers })).status,
    200,
    'the caller is served once there is a token',
  );
  assert.doesNotMatch(wire.bridge.output(), /eyJ[\w-]{10,}\.[\w-]{10,}/, 'no token in the log');
}

/** An error message with the wording of GKE's metadata server. */
const GKE_DENIAL =
  "Unable to generate identity token; IAM returned 403 Forbidden: Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).";

describe('the bridge', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWithShortTokens();
  });
  after(() => wire.close());

  let account = 0;
  for (const [what, settings, fault] of [
    ['has no service account', { fault: 'status', status: 404 }, 'metadata_no_account'],
    ['denies the request', { fault: 'status', status: 403 }, 'metadata_refused'],
    [
      'denies the request because IAM denies it to GKE',
      { fault: 'status', status: 403, message: GKE_DENIAL },
      'metadata_workload_identity_denied',
    ],
    ['sends a web page', { fault: 'status', status: 200, message: 'Log in' }, 'metadata_invalid_response'],
    ['does not identify itself as Google', { fault: 'garbage' }, 'metadata_invalid_response'],
    ['sends an empty response', { fault: 'empty' }, 'metadata_invalid_response'],
  ] as const) {
    it(`responds with 503 and logs ${fault} if the metadata server ${what}`, async () => {
      account += 1;
      await failAndRecover(wire, account, settings, fault);
    });
  }

  it('retries and serves the caller if the metadata server fails once', async () => {
    account += 1;
    await wire.forgetCalls();
    await wire.fault({ upstream: 'metadata', fault: 'status', status: 503, times: 1 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, account) })).status, 200);
    assert.equal(await identityTokensAsked(wire), 2);
  });

  it('still serves callers with cached credentials if the metadata server fails', async () => {
    await wire.fault({ upstream: 'metadata', fault: 'status', status: 500 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 0) })).status, 200);
    await wire.clearFaults();
  });
});

describe('the bridge', { concurrency: true }, () => {
  for (const [what, settings, fault] of [
    ['does not respond', { fault: 'hang' }, 'metadata_timeout'],
    ['stalls mid-response', { fault: 'stall', after: 10 }, 'metadata_timeout'],
    ['fails', { fault: 'status', status: 503 }, 'metadata_refused'],
    ['refuses connections', { fault: 'refuse' }, 'metadata_unreachable'],
    ['resets connections', { fault: 'reset' }, 'metadata_unreachable'],
  ] as const) {
    it(`responds with 503 and logs ${fault} if the metadata server ${what}`, async (test) => {
      const wire = await startWithShortTokens();
      test.after(() => wire.close());
      await failAndRecover(wire, 1, settings, fault);
    });
  }
});
