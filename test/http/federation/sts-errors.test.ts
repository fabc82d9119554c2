// The operator must fix an STS error's cause, so the log line contains the fault and its remedy. The caller sees no AWS
// details.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import type { Reply } from '../../support/http-request.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** An STS-style message with all the details that must not reach the caller. */
const MESSAGE =
  'User arn:aws:sts::123456789012:assumed-role/gcp-lake-read/x is not authorized at 127.0.0.1 (fedbridge)';
const OF_AWS = /arn:|123456789012|gcp-lake-read|assumed-role|127\.0\.0\.1|sts|AccessDenied|not authorized/i;

/**
 * STS's documented error codes (API reference, AssumeRoleWithWebIdentity) and others, each with the expected number of STS
 * calls.
 */
const ERRORS: readonly (readonly [code: string, status: number, fault: FaultCode, calls: number])[] = [
  ['AccessDenied', 502, 'sts_denied', 1],
  ['IDPRejectedClaim', 502, 'sts_claim_rejected', 2],
  ['InvalidIdentityToken', 502, 'sts_token_invalid', 3],
  ['ExpiredTokenException', 502, 'sts_token_expired', 2],
  ['RegionDisabledException', 502, 'sts_region_disabled', 1],
  ['MalformedPolicyDocument', 502, 'sts_policy_invalid', 1],
  ['PackedPolicyTooLarge', 502, 'sts_policy_too_large', 2],
  ['ValidationError', 502, 'sts_request_invalid', 1],
  ['InvalidAction', 502, 'sts_request_invalid', 1],
  ['IDPCommunicationError', 503, 'sts_failed', 2],
  ['InternalFailure', 503, 'sts_failed', 2],
  ['ServiceUnavailable', 503, 'sts_failed', 2],
  ['Throttling', 503, 'sts_throttled', 2],
  ['ThrottlingException', 503, 'sts_throttled', 2],
];

describe('an STS error', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  let account = 0;
  const requestAsNewCaller = (headers: Record<string, string> = {}): Promise<Reply> => {
    account += 1;
    return wire.get(READABLE, { headers: { ...asAccount(wire, account), ...headers } });
  };
  const checkLine = async (reply: Reply, fault: FaultCode, code: string): Promise<void> => {
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.equal(line['severity'], 'ERROR');
    assert.equal(line['fault'], fault);
    assert.equal(line['remedy'], FAULTS[fault].fix);
    const cause = line['cause'] as Record<string, unknown>;
    assert.match(String(cause['stsCode']), new RegExp(`^${code}(Exception)?$`));
    assert.match(String(cause['stsRequestId']), /^[0-9a-f-]{36}$/, "STS's own request ID, for AWS support");
    assert.equal(cause['roleArn'], wire.sandbox.contract.role);
    assert.equal(cause['sessionName'], `job-${account}@acme-prod`);
    const { email, uniqueId } = wire.sandbox.contract.serviceAccount;
    assert.equal(cause['accounts.google.com:aud'], uniqueId);
    assert.equal(cause['accounts.google.com:oaud'], wire.sandbox.contract.awsAudience);
    assert.equal(cause['accounts.google.com:sub'], uniqueId);
    assert.equal(cause['accounts.google.com:email'], email);
  };

  for (const [code, status, fault, calls] of ERRORS) {
    it(`with code ${code} becomes a ${status} for the caller and is logged as ${fault}`, async () => {
      await wire.forgetCalls();
      await wire.fault({ upstream: 'sts', fault: 'error', code, message: MESSAGE });
      const reply = await requestAsNewCaller();
      assert.equal((await sessionsAtSts(wire)).length, calls);
      const asJson = await requestAsNewCaller({ accept: 'application/json' });
      await wire.clearFaults();
      assert.equal(reply.status, status);
      assert.equal(asJson.status, status);
      assert.equal(reply.code, FAULTS[fault].s3Code);
      assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
      assert.equal(reply.headers['retry-after'], status === 503 ? '2' : undefined);
      for (const { text, headers } of [reply, asJson])
        assert.doesNotMatch(text + JSON.stringify(headers), OF_AWS);
      await checkLine(asJson, fault, code);
    });
  }

  it('whose code is the name of a JavaScript built-in is handled like any other error', async () => {
    for (const code of ['constructor', '__proto__', 'toString']) {
      await wire.fault({ upstream: 'sts', fault: 'status', status: 400, code });
      const reply = await requestAsNewCaller();
      assert.equal(reply.status, 502);
      await checkLine(reply, 'sts_request_invalid', code);
    }
    await wire.clearFaults();
  });

  it('does not affect the next request', async () => {
    assert.equal((await requestAsNewCaller()).status, 200);
  });

  it("is logged without STS's message, which might repeat a token", () => {
    assert.ok(!wire.bridge.output().includes('is not authorized at'));
  });
});
