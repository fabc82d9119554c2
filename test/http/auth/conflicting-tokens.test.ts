// A caller's token is either the Bearer token in Authorization or an S3 client's session token. A request with two different
// tokens is rejected.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Reply } from '../../support/http-request.ts';
import { assertLogged, assertWithout, READABLE } from '../../support/refused-token.ts';
import { asBearer, asS3Client, signedWithoutToken } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

type Headers = Readonly<Record<string, string | string[]>>;

describe('the bridge', () => {
  let wire: Wire;
  let token: string;
  let another: string;
  before(async () => {
    wire = await startWire();
    [token, another] = [await wire.token('reader'), await wire.token('scoped')];
  });
  after(() => wire.close());

  const ask = (headers: Headers): Promise<Reply> => wire.get(READABLE, { headers });

  it('accepts "Bearer" in any letter case, followed by one or more spaces', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR', 'Bearer  '])
      assert.equal((await ask({ authorization: `${scheme} ${token}` })).status, 200, scheme);
  });

  it("accepts an S3 client's session token without verifying the request signature", async () => {
    assert.equal((await ask(asS3Client(token))).status, 200);
  });

  it('accepts the same token in Authorization and X-Amz-Security-Token', async () => {
    assert.equal((await ask({ ...asBearer(token), 'x-amz-security-token': token })).status, 200);
  });

  for (const [what, headers] of [
    ['a different token in each header', () => ({ ...asBearer(token), 'x-amz-security-token': another })],
    ['a Bearer token and an empty session token', () => ({ ...asBearer(token), 'x-amz-security-token': '' })],
    ['two Authorization headers', () => ({ authorization: [`Bearer ${token}`, `Bearer ${another}`] })],
    [
      'the same Authorization header twice',
      () => ({ authorization: [`Bearer ${token}`, `Bearer ${token}`] }),
    ],
    [
      'two Authorization headers with different schemes',
      () => ({ authorization: ['Basic eDp5', `Bearer ${token}`] }),
    ],
    ['two session tokens', () => ({ ...asS3Client(token), 'x-amz-security-token': [token, another] })],
  ] as const satisfies readonly (readonly [string, () => Headers])[]) {
    it(`rejects a request with ${what} as ambiguous`, async () => {
      const reply = await ask(headers());
      assert.deepEqual([reply.status, reply.code], [400, 'InvalidRequest']);
      assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
      assert.match(reply.text, /contains more than one identity token/);
      await assertLogged(wire, reply, 'tokens_conflict');
      for (const one of [token, another]) assertWithout(one, reply.text + wire.bridge.output());
    });
  }

  for (const [what, headers] of [
    ['no token header', () => ({})],
    ['an empty Authorization header', () => ({ authorization: '' })],
    ['"Bearer" without a token', () => ({ authorization: 'Bearer ' })],
    ['"Bearer" followed by two tokens', () => ({ authorization: `Bearer ${token} ${token}` })],
    ['a token without a scheme', () => ({ authorization: token })],
    ['the token after another scheme', () => ({ authorization: `Token ${token}` })],
    ['the token as a Basic password', () => ({ authorization: `Basic ${btoa(`token:${token}`)}` })],
    ['a session token but no S3 signature', () => ({ 'x-amz-security-token': token })],
    [
      'a session token and an unrelated Authorization scheme',
      () => ({ authorization: 'Basic eDp5', 'x-amz-security-token': token }),
    ],
    ['the token in a cookie', () => ({ cookie: `token=${token}` })],
  ] as const satisfies readonly (readonly [string, () => Headers])[]) {
    it(`treats a request with ${what} as having no token`, async () => {
      const reply = await ask(headers());
      assert.equal(reply.status, 401);
      // RFC 6750, section 3: if the request has no token, the challenge must not contain an error code.
      const challenge = reply.headers['www-authenticate'] ?? '';
      assert.match(
        challenge,
        /^Bearer realm="fedbridge", error_description="The request has no identity token\. [^"]+"$/,
      );
      assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
      await assertLogged(wire, reply, 'token_missing');
      assertWithout(token, reply.text + wire.bridge.output());
    });
  }

  it('returns AccessDenied to an S3 client that does not send a session token', async () => {
    for (const more of [{}, { 'x-amz-security-token': '' }]) {
      const reply = await ask({ ...signedWithoutToken, ...more });
      assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
      assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
      await assertLogged(wire, reply, 'token_missing');
    }
  });
});
