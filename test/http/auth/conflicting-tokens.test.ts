// The token is in Authorization: Bearer or is the session token of an S3 client; nothing else is one, and two are none.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Reply } from '../../support/http-request.ts';
import { assertLogged, assertWithout, READABLE } from '../../support/refused-token.ts';
import { asBearer, asS3Client, signedWithoutToken } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

type Headers = Readonly<Record<string, string | string[]>>;

describe('a request', () => {
  let wire: Wire;
  let token: string;
  let another: string;
  before(async () => {
    wire = await startWire();
    [token, another] = [await wire.token('reader'), await wire.token('scoped')];
  });
  after(() => wire.close());

  const ask = (headers: Headers): Promise<Reply> => wire.get(READABLE, { headers });

  it('may spell Bearer in any case, with several spaces behind it', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR', 'Bearer  '])
      assert.equal((await ask({ authorization: `${scheme} ${token}` })).status, 200, scheme);
  });

  it('may be an S3 client’s, whatever signed it', async () => {
    assert.equal((await ask(asS3Client(token))).status, 200);
  });

  it('may present the same token in both places', async () => {
    assert.equal((await ask({ ...asBearer(token), 'x-amz-security-token': token })).status, 200);
  });

  for (const [what, headers] of [
    ['different tokens in both places', () => ({ ...asBearer(token), 'x-amz-security-token': another })],
    ['an empty session token beside its own', () => ({ ...asBearer(token), 'x-amz-security-token': '' })],
    ['two Authorization headers', () => ({ authorization: [`Bearer ${token}`, `Bearer ${another}`] })],
    [
      'the same Authorization header twice',
      () => ({ authorization: [`Bearer ${token}`, `Bearer ${token}`] }),
    ],
    ['Authorization of two schemes', () => ({ authorization: ['Basic eDp5', `Bearer ${token}`] })],
    ['two session tokens', () => ({ ...asS3Client(token), 'x-amz-security-token': [token, another] })],
  ] as const satisfies readonly (readonly [string, () => Headers])[]) {
    it(`with ${what} is refused as ambiguous`, async () => {
      const reply = await ask(headers());
      assert.deepEqual([reply.status, reply.code], [400, 'InvalidRequest']);
      assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
      assert.match(reply.text, /presents more than one identity token/);
      await assertLogged(wire, reply, 'tokens_conflict');
      for (const one of [token, another]) assertWithout(one, reply.text + wire.bridge.output());
    });
  }

  for (const [what, headers] of [
    ['nothing', () => ({})],
    ['an empty Authorization', () => ({ authorization: '' })],
    ['the word Bearer alone', () => ({ authorization: 'Bearer ' })],
    ['Bearer and two words', () => ({ authorization: `Bearer ${token} ${token}` })],
    ['the token alone', () => ({ authorization: token })],
    ['the token behind another scheme', () => ({ authorization: `Token ${token}` })],
    ['a user and a password', () => ({ authorization: `Basic ${btoa(`token:${token}`)}` })],
    ['the session token of no S3 client', () => ({ 'x-amz-security-token': token })],
    [
      'a session token beside another scheme',
      () => ({ authorization: 'Basic eDp5', 'x-amz-security-token': token }),
    ],
    ['a cookie', () => ({ cookie: `token=${token}` })],
  ] as const satisfies readonly (readonly [string, () => Headers])[]) {
    it(`with ${what} presents no token`, async () => {
      const reply = await ask(headers());
      assert.equal(reply.status, 401);
      // RFC 6750, 3: without a token there is no error to tell, only what is wanted.
      const challenge = reply.headers['www-authenticate'] ?? '';
      assert.match(challenge, /^Bearer realm="fedbridge", error_description="No identity token: [^"]+"$/);
      assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
      await assertLogged(wire, reply, 'token_missing');
      assertWithout(token, reply.text + wire.bridge.output());
    });
  }

  it("of an S3 client without a session token is denied in S3's words", async () => {
    for (const more of [{}, { 'x-amz-security-token': '' }]) {
      const reply = await ask({ ...signedWithoutToken, ...more });
      assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
      assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
      await assertLogged(wire, reply, 'token_missing');
    }
  });
});
