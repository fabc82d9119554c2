// What STS answers to a further hop is sorted by its code, as for the first one: what the operator reads is the remedy for it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import { chained, LAKE_DATA, TO_LAKE_DATA } from '../../support/chain.ts';
import { asAccount, READABLE } from '../../support/sessions-at-sts.ts';
import { startStsInFront } from '../../support/sts-in-front.ts';
import type { StsInFront } from '../../support/sts-in-front.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** STS's codes (API reference, AssumeRole and "Common errors"), with the attempts that they are worth. */
const REFUSALS: readonly (readonly [code: string, status: number, fault: FaultCode, attempts: number])[] = [
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

describe('a further hop', () => {
  let wire: Wire;
  let sts: StsInFront;
  before(async () => {
    wire = await startWire({
      config: chained([TO_LAKE_DATA]),
      environment: async (contract) => {
        sts = await startStsInFront(contract.sts);
        return { AWS_ENDPOINT_URL_STS: sts.origin };
      },
    });
  });
  after(async () => {
    await wire.close();
    sts.close();
  });

  let account = 0;
  for (const [code, status, fault, attempts] of REFUSALS) {
    it(`that is answered ${code} is ${status}, and ${fault} in the log`, async () => {
      account += 1;
      const from = sts.forms.length;
      sts.strike({ action: 'AssumeRole', how: { code, message: `User: ${LAKE_DATA} is x` } });
      const reply = await wire.get(READABLE, { headers: asAccount(wire, account) });
      sts.strike(undefined);
      const asked = sts.forms.slice(from).map((form) => form.get('Action'));
      const hops = Array.from({ length: attempts }, () => 'AssumeRole');
      assert.deepEqual(asked, ['AssumeRoleWithWebIdentity', ...hops], 'the first one is asked once');
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

  it('is walked again in full by the next request, which is served', async () => {
    const from = sts.forms.length;
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    assert.deepEqual(
      sts.forms.slice(from).map((form) => form.get('Action')),
      ['AssumeRoleWithWebIdentity', 'AssumeRole'],
    );
  });

  it('without tags sends no list of them, as an empty one may be taken for tags', () => {
    const names = sts.forms.flatMap((form) => [...form.keys()]);
    assert.ok(names.includes('ExternalId'));
    assert.deepEqual(
      names.filter((name) => /^(Tags|TransitiveTagKeys|SourceIdentity)/.test(name)),
      [],
    );
  });

  it('says STS’s message nowhere', () => {
    assert.ok(!wire.bridge.output().includes('is x'));
  });
});
