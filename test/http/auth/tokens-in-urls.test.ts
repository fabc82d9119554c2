// A token or signature in a URL is refused with the reason, even beside a good token, and never reaches the log.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertLogged, assertWithout, READABLE } from '../../support/refused-token.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const PRESIGNED = [
  'X-Amz-Algorithm=AWS4-HMAC-SHA256',
  'X-Amz-Credential=placeholder%2F20261122%2Feu-west-1%2Fs3%2Faws4_request',
  'X-Amz-Date=20261122T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host',
  `X-Amz-Signature=${'5ec2e7'.repeat(10)}`,
].join('&');

const QUERIES: readonly (readonly [what: string, query: (token: string) => string])[] = [
  ["S3's session token", (token) => `X-Amz-Security-Token=${token}`],
  ['the same in lower case', (token) => `x-amz-security-token=${token}`],
  ['the same in escapes', (token) => `%58-Amz-Security%2DToken=${token}`],
  ["OAuth's access token", (token) => `access_token=${token}`],
  ['a presigned request', (token) => `${PRESIGNED}&X-Amz-Security-Token=${token}`],
  ['a presigned request without a session token', () => PRESIGNED],
  ['a presigned request of the old kind', (token) => `AWSAccessKeyId=x&Expires=1&Signature=${token}`],
  ['a token behind other parameters', (token) => `partNumber=1&access_token=${token}`],
  ["OpenID's name for it", (token) => `id_token=${token}`],
  ['a token under any name', (token) => `x=${token}`],
  ['a token without a name', (token) => token],
  ['a token in the place of a name', (token) => `${token}=1`],
];

describe('in a URL', () => {
  let wire: Wire;
  let token: string;
  before(async () => {
    wire = await startWire();
    token = await wire.token('reader');
  });
  after(() => wire.close());

  for (const [what, query] of QUERIES) {
    it(`${what} is refused`, async () => {
      for (const as of [undefined, 'scoped'] as const) {
        const reply = await wire.get(`${READABLE}?${query(token)}`, as === undefined ? {} : { as });
        assert.deepEqual([reply.status, reply.code], [400, 'AuthorizationQueryParametersError']);
        assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
        assert.match(
          reply.text,
          /Tokens and signatures in a URL .* are refused.* Send the token in a header/,
        );
        const line = await assertLogged(wire, reply, 'token_in_url');
        assert.doesNotMatch(JSON.stringify(line), /access_token|amz-s|5ec2e7/i);
        assertWithout(token, reply.text + wire.bridge.output());
      }
    });
  }

  it('a token is refused wherever the path leads', async () => {
    for (const path of ['/', '/acme-lake', '/acme-lake/', '/no-such-bucket/key', '/acme-lake?list-type=2']) {
      const joined = `${path}${path.includes('?') ? '&' : '?'}access_token=${token}`;
      const reply = await wire.get(joined, { as: 'reader' });
      assert.equal(reply.code, 'AuthorizationQueryParametersError', path);
    }
    const head = await wire.get(`${READABLE}?access_token=${token}`, { as: 'reader', method: 'HEAD' });
    assert.deepEqual([head.status, head.body.length], [400, 0]);
  });

  it('a broken token is refused without being logged', async () => {
    for (const query of [`access_token=${token}%zz`, `${token}%zz`, `%zz=1&access_token=${token}`]) {
      const reply = await wire.get(`${READABLE}?${query}`, { as: 'reader' });
      assert.equal(reply.status, 400);
      await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assertWithout(token, reply.text + wire.bridge.output());
    }
  });

  it('a token is refused on control paths as well', async () => {
    for (const path of ['/-/whoami', '/-/metrics', '/-/object', '/-/objects']) {
      for (const as of [undefined, 'reader'] as const) {
        const reply = await wire.get(
          `${path}?bucket=acme-lake&access_token=${token}`,
          as === undefined ? {} : { as },
        );
        assert.equal(reply.status, 400, path);
        assert.match(reply.text, /Tokens and signatures in a URL/);
        await assertLogged(wire, reply, 'token_in_url');
      }
    }
    assertWithout(token, wire.bridge.output());
  });
});
