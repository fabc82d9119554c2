// Neither at the most talkative level nor when things fail does the log hold a caller's token or the bridge's own.
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

  /** The metadata server gives the same token again while it is good: the one that the bridge presents. */
  const bridgesOwn = async (): Promise<string> => {
    const { metadata, awsAudience } = wire.sandbox.contract;
    const path = `/computeMetadata/v1/instance/service-accounts/default/identity?audience=${awsAudience}&format=`;
    const headers = { 'Metadata-Flavor': 'Google' };
    return (await request(metadata, `${path}full`, { headers })).text;
  };

  it('of requests that go well and of such that fail holds no token', async () => {
    const tokens = {
      good: await wire.token('reader'),
      denied: await wire.token('stranger'),
      forged: wire.sandbox.mint(googleClaims(wire, 'reader', { jti: 'forged' }), {}, 'foreign'),
      expired: wire.sandbox.mint(googleClaims(wire, 'reader', { exp: 1 })),
      foreign: wire.sandbox.mint(googleClaims(wire, 'reader', { aud: 'https://other.example' })),
    };
    const askAll = async (path: string): Promise<void> => {
      for (const token of Object.values(tokens))
        for (const headers of [asBearer(token), asS3Client(token)]) await wire.get(path, { headers });
    };
    await askAll(READABLE);
    await askAll('/-/whoami');
    await askAll('/acme-lake/%zz');
    await wire.fault({ supplier: 's3', fault: 'status', status: 500, headers: { 'retry-after': '60' } });
    await askAll(READABLE);
    await wire.clearFaults();
    await wire.fault({ supplier: 'sts', fault: 'garbage' });
    // Another session than the one that is held.
    await wire.get(READABLE, { as: 'scoped' });
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken' });
    await wire.get(READABLE, { as: 'scoped' });
    await wire.clearFaults();
    const last = await wire.get('/-/none');
    await wire.bridge.line(({ requestId }) => requestId === last.headers['x-request-id']);

    const output = wire.bridge.output();
    for (const token of Object.values(tokens)) assertWithout(token, output);
    assertWithout(await wire.token('scoped'), output);
    assertWithout(await bridgesOwn(), output);
    assert.doesNotMatch(output, /eyJ[\w-]{10,}\.[\w-]{10,}/, 'nothing of the form of a token');
    assert.doesNotMatch(output, /AWS4-HMAC-SHA256|Signature=|aws_session_token|"authorization"/i);
  });

  it('would show one, as it names callers and buckets', () => {
    assert.match(wire.bridge.output(), /reader@acme-prod\.iam\.gserviceaccount\.com/);
    assert.match(wire.bridge.output(), /"fault":"token_signature_invalid"/);
    assert.match(wire.bridge.output(), /"fault":"sts_/);
  });
});
