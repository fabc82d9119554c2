// GET /-/credentials returns the caller's own token in the format of container credentials, over HTTP/1 and HTTP/2.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { googleClaims, inSeconds } from '../../support/google-claims.ts';
import { assertWithout, READABLE } from '../../support/refused-token.ts';
import { PROTOCOLS } from '../../support/sts-form.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

for (const [protocol, send] of Object.entries(PROTOCOLS)) {
  describe(`/-/credentials over ${protocol}`, () => {
    let wire: Wire;
    let token: string;
    before(async () => {
      wire = await startWire();
      token = await wire.token('reader');
      await wire.forgetCalls();
    });
    after(() => wire.close());

    const get = (headers: Record<string, string | string[]>, query = '') =>
      send(wire.bridge.url, `/-/credentials${query}`, { headers });

    it("returns the caller's token with the token's expiry, without calling STS or S3", async () => {
      for (const headers of [{ authorization: token }, asBearer(token), asS3Client(token)]) {
        const reply = await get(headers);
        assert.equal(reply.status, 200, reply.text);
        assert.equal(reply.headers['content-type'], 'application/json');
        assert.equal(reply.headers['cache-control'], 'no-store');
        const { AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(reply.text) as Record<
          string,
          string
        >;
        assert.deepEqual([AccessKeyId, SecretAccessKey, Token], ['fedbridge', 'not-a-secret', token]);
        assert.equal(Date.parse(Expiration ?? ''), (decodeJwt(token).exp ?? 0) * 1000);
      }
      assert.deepEqual([await wire.calls('sts'), await wire.calls('s3')], [[], []]);
      assertWithout(token, wire.bridge.output());
    });

    it('with a bucket parameter, returns credentials only if the caller has a grant on that bucket', async () => {
      assert.equal((await get({ authorization: token }, '?bucket=acme-lake')).status, 200);
      const stranger = { authorization: await wire.token('stranger') };
      for (const [headers, query] of [
        [stranger, '?bucket=acme-lake'],
        [{ authorization: token }, '?bucket=acme-elsewhere'],
      ] as const) {
        const reply = await get(headers, query);
        assert.equal(reply.status, 403);
        const { Code, Message, error } = JSON.parse(reply.text) as Record<string, string>;
        assert.deepEqual([Code, error], ['AccessDenied', 'not_granted']);
        assert.match(Message ?? '', /not allowed to read this/);
      }
    });

    it('rejects invalid and unsupported parameters with an explanation', async () => {
      for (const [query, status, says] of [
        ['?mode=', 400, /mode must be bridge or aws/],
        ['?mode=Bridge', 400, /mode must be bridge or aws/],
        ['?mode=toString', 400, /mode must be bridge or aws/],
        ['?bucket=acme-lake&bucket=acme-lake', 400, /given more than once/],
        ['?bucket=A', 400, /bucket name is not valid/],
        ['?prefix=raw/', 501, /does not support that operation or query parameter/],
      ] as const) {
        const reply = await get({ authorization: token }, query);
        assert.equal(reply.status, status, query);
        assert.match((JSON.parse(reply.text) as { Message: string }).Message, says);
      }
      assert.equal((await get({ authorization: token }, '?mode=bridge')).status, 200);
    });

    it('rejects a request without a token, with two tokens, or with an invalid token', async () => {
      const expired = wire.sandbox.mint(googleClaims(wire, 'reader', { exp: inSeconds(-120) }));
      const justExpired = wire.sandbox.mint(googleClaims(wire, 'reader', { exp: inSeconds(-20) }));
      const other = await wire.token('reader', { audience: 'https://other.example' });
      for (const [headers, status, code] of [
        [{}, 401, 'AccessDenied'],
        [{ authorization: '' }, 401, 'AccessDenied'],
        [{ authorization: `Basic ${token}` }, 401, 'AccessDenied'],
        [{ authorization: expired }, 401, 'ExpiredToken'],
        [{ authorization: justExpired }, 401, 'ExpiredToken'],
        [{ authorization: other }, 401, 'InvalidToken'],
        [{ authorization: 'nonsense' }, 401, 'InvalidToken'],
        [{ authorization: token, 'x-amz-security-token': other }, 400, 'InvalidRequest'],
      ] as const) {
        const reply = await get(headers);
        assert.deepEqual([reply.status, (JSON.parse(reply.text) as { Code: string }).Code], [status, code]);
        assert.equal(reply.headers['content-type'], 'application/problem+json');
      }
      for (const each of [token, expired, justExpired, other]) assertWithout(each, wire.bridge.output());
    });

    it('is the only route that accepts a token without the Bearer scheme', async () => {
      for (const path of [READABLE, '/acme-lake', '/', '/-/whoami', '/-/explain?bucket=acme-lake&key=a'])
        assert.equal((await send(wire.bridge.url, path, { headers: { authorization: token } })).status, 401);
    });

    it("rejects the bridge's own token", async () => {
      const bridge = wire.sandbox.mint(googleClaims(wire, 'bridge'));
      assert.equal((await get({ authorization: bridge })).status, 403);
    });
  });
}
