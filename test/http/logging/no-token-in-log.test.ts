// The log never contains a caller's or the bridge's token, even at the most verbose level and on errors.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { request } from '../../support/http-request.ts';
import { assertWithout, READABLE } from '../../support/refused-token.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('the log', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ environment: { LOG_LEVEL: 'trace' } });
  });
  after(() => wire.close());

  /** The metadata server returns the same token while it is valid, so the test receives the token that the bridge uses. */
  const bridgeToken = async (): Promise<string> => {
    const { metadata, awsAudience } = wire.sandbox.contract;
    const path = `/computeMetadata/v1/instance/service-accounts/default/identity?audience=${awsAudience}&format=`;
    const headers = { 'Metadata-Flavor': 'Google' };
    return (await request(metadata, `${path}full`, { headers })).text;
  };

  it('does not contain tokens, whether requests succeed or fail', async () => {
    const tokens = {
      good: await wire.token('reader'),
      denied: await wire.token('stranger'),
      forged: wire.sandbox.mint(googleClaims(wire, 'reader', { jti: 'forged' }), {}, 'foreign'),
      expired: wire.sandbox.mint(googleClaims(wire, 'reader', { exp: 1 })),
      foreign: wire.sandbox.mint(googleClaims(wire, 'reader', { aud: 'https://other.example' })),
    };
    const requestAll = async (path: string): Promise<void> => {
      for (const token of Object.values(tokens))
        for (const headers of [asBearer(token), asS3Client(token)]) await wire.get(path, { headers });
    };
    await requestAll(READABLE);
    await requestAll('/-/whoami');
    await requestAll('/acme-lake/%zz');
    await wire.fault({ upstream: 's3', fault: 'status', status: 500, headers: { 'retry-after': '60' } });
    await requestAll(READABLE);
    await wire.clearFaults();
    await wire.fault({ upstream: 'sts', fault: 'garbage' });
    // This caller has no cached session yet, so the bridge calls STS.
    await wire.get(READABLE, { as: 'scoped' });
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken' });
    await wire.get(READABLE, { as: 'scoped' });
    await wire.clearFaults();
    const last = await wire.get('/-/none');
    await wire.bridge.line(({ requestId }) => requestId === last.headers['x-request-id']);

    const output = wire.bridge.output();
    for (const token of Object.values(tokens)) assertWithout(token, output);
    assertWithout(await wire.token('scoped'), output);
    assertWithout(await bridgeToken(), output);
    assert.doesNotMatch(output, /eyJ[\w-]{10,}\.[\w-]{10,}/, 'nothing that looks like a token');
    assert.doesNotMatch(output, /AWS4-HMAC-SHA256|Signature=|aws_session_token|"authorization"/i);
  });

  it('contains the caller and the fault of each request', () => {
    assert.match(wire.bridge.output(), /reader@acme-prod\.iam\.gserviceaccount\.com/);
    assert.match(wire.bridge.output(), /"fault":"token_signature_invalid"/);
    assert.match(wire.bridge.output(), /"fault":"sts_/);
  });
});
