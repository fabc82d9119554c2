// A request with an unsupported AWS signature version is rejected with S3's own error message.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('a request', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  for (const [what, authorization] of [
    ['SigV2', 'AWS AKIDEXAMPLE:c2lnbmF0dXJl'],
    ['SigV4a', 'AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20261122/s3/aws4_request, Signature=00'],
  ] as const) {
    it(`signed with ${what} is rejected with a message that names AWS4-HMAC-SHA256`, async () => {
      const token = await wire.token('reader');
      for (const more of [{}, { 'x-amz-security-token': token }]) {
        const reply = await wire.get(READABLE, { headers: { authorization, ...more } });
        assert.deepEqual([reply.status, reply.code], [400, 'InvalidRequest']);
        assert.match(
          reply.text,
          /<Message>The authorization mechanism you have provided is not supported\. Please use AWS4-HMAC-SHA256\.<\/Message>/,
        );
        assert.equal(reply.headers['www-authenticate'], undefined);
        assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
        await assertLogged(wire, reply, 'signature_not_supported');
      }
      assert.doesNotMatch(wire.bridge.output(), /AKIDEXAMPLE/);
    });
  }
});
