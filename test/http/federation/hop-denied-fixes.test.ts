// STS errors for a later role in a chain are classified by code in the same way as errors for the first role, so that the log
// shows the right remedy.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import { chained, LAKE_DATA, TO_LAKE_DATA } from '../../support/chain.ts';
import { asAccount, READABLE } from '../../support/sessions-at-sts.ts';
import { failing, startStsStandIn } from '../../support/sts-stand-in.ts';
import type { StsStandIn } from '../../support/sts-stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** STS's error codes (API reference, AssumeRole and "Common errors"), with the number of attempts for each. */
const ERRORS: readonly (readonly [code: string, status: number, fault: FaultCode, attempts: number])[] = [
  ['AccessDenied', 502, 'sts_hop_denied', 1],
  ['ExpiredToken', 502, 'sts_credentials_rejected', 1],
  ['ExpiredTokenException', 502, 'sts_credentials_rejected', 1],
  ['InvalidClientTokenId', 502, 'sts_credentials_rejected', 1],
  ['SignatureDoesNotMatch', 502, 'sts_credentials_rejected', 1],
  ['RequestExpired', 502, 'sts_credentials_rejected', 1],
  ['RegionDisabledException', 502, 'sts_region_disabled', 1],
  ['MalformedPolicyDocument', 502, 'sts_policy_invalid', 1],
  ['PackedPolicyTooLarge', 502, 'sts_policy_too_large', 2],
  ['ValidationError', 502, 'sts_request_invalid', 1],
  ['IDPRejectedClaim', 502, 'sts_claim_rejected', 1],
  ['InvalidIdentityToken', 502, 'sts_token_invalid', 1],
  ['MissingAuthenticationToken', 502, 'sts_request_invalid', 1],
  ['IncompleteSignature', 502, 'sts_request_invalid', 1],
  ['InvalidAction', 502, 'sts_request_invalid', 1],
  ['IDPCommunicationError', 503, 'sts_failed', 2],
  ['InternalFailure', 503, 'sts_failed', 2],
  ['ServiceUnavailable', 503, 'sts_failed', 2],
  ['Throttling', 503, 'sts_throttled', 2],
  ['ThrottlingException', 503, 'sts_throttled', 2],
];

describe('an STS error for a later role in a chain', () => {
  let wire: Wire;
  let sts: StsStandIn;
  before(async () => {
    wire = await startWire({
      config: chained([TO_LAKE_DATA]),
      environment: async (contract) => {
        sts = await startStsStandIn(contract.sts);
        return { AWS_ENDPOINT_URL_STS: sts.origin };
      },
    });
  });
  after(async () => {
    await wire.close();
    sts.close();
  });

  let account = 0;
  for (const [code, status, fault, attempts] of ERRORS) {
    it(`with code ${code} becomes a ${status} for the caller and is logged as ${fault}`, async () => {
      account += 1;
      const from = sts.forms.length;
      sts.respondWith(failing({ code, message: `User: ${LAKE_DATA} is x` }, { action: 'AssumeRole' }));
      const reply = await wire.get(READABLE, { headers: asAccount(wire, account) });
      sts.respondWith(undefined);
      const actions = sts.forms.slice(from).map((form) => form.get('Action'));
      const hops = Array.from({ length: attempts }, () => 'AssumeRole');
      assert.deepEqual(actions, ['AssumeRoleWithWebIdentity', ...hops], 'the first role is assumed once');
      assert.deepEqual([reply.status, reply.code], [status, FAULTS[fault].s3Code]);
      assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
      assert.equal(reply.headers['retry-after'], status === 503 ? '2' : undefined);
      assert.doesNotMatch(reply.text, /arn:|lake-data|User/);
      const id = reply.headers['x-request-id'];
      const line = await wire.bridge.line(({ requestId }) => requestId === id);
      assert.deepEqual([line['fault'], line['remedy']], [fault, FAULTS[fault].fix]);
      const cause = line['cause'] as Record<string, unknown>;
      assert.match(String(cause['stsCode']), new RegExp(`^${code}(Exception)?$`));
      assert.deepEqual([cause['hop'], cause['roleArn']], [1, LAKE_DATA]);
    });
  }

  it('does not stop the bridge from assuming the whole chain for the next request', async () => {
    const from = sts.forms.length;
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    assert.deepEqual(
      sts.forms.slice(from).map((form) => form.get('Action')),
      ['AssumeRoleWithWebIdentity', 'AssumeRole'],
    );
  });

  // STS may treat even an empty tag list as an attempt to set session tags.
  it('is never caused by an empty tag list, because the bridge never sends one', () => {
    const names = sts.forms.flatMap((form) => [...form.keys()]);
    assert.ok(names.includes('ExternalId'));
    assert.deepEqual(
      names.filter((name) => /^(Tags|TransitiveTagKeys|SourceIdentity)/.test(name)),
      [],
    );
  });

  it("is logged without STS's message", () => {
    assert.ok(!wire.bridge.output().includes('is x'));
  });
});
