// A token or signature in a URL is rejected with the reason, even next to a valid token in a header, and is never logged.
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
  ['a session token in X-Amz-Security-Token', (token) => `X-Amz-Security-Token=${token}`],
  ['a session token under the lower-case name', (token) => `x-amz-security-token=${token}`],
  ['a session token under a percent-encoded name', (token) => `%58-Amz-Security%2DToken=${token}`],
  ['an OAuth access_token', (token) => `access_token=${token}`],
  ['a presigned query', (token) => `${PRESIGNED}&X-Amz-Security-Token=${token}`],
  ['a presigned query without a session token', () => PRESIGNED],
  ['a presigned SigV2 query', (token) => `AWSAccessKeyId=x&Expires=1&Signature=${token}`],
  ['a token after other parameters', (token) => `partNumber=1&access_token=${token}`],
  ['an OpenID id_token', (token) => `id_token=${token}`],
  ['a token under an arbitrary name', (token) => `x=${token}`],
  ['a token without a name', (token) => token],
  ['a token as a parameter name', (token) => `${token}=1`],
];

describe('the bridge', () => {
  let wire: Wire;
  let token: string;
  before(async () => {
    wire = await startWire();
    token = await wire.token('reader');
  });
  after(() => wire.close());

  for (const [what, query] of QUERIES) {
    it(`rejects a URL with ${what}`, async () => {
      for (const as of [undefined, 'scoped'] as const) {
        const reply = await wire.get(`${READABLE}?${query(token)}`, as === undefined ? {} : { as });
        assert.deepEqual([reply.status, reply.code], [400, 'AuthorizationQueryParametersError']);
        assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
        assert.match(
          reply.text,
          /Tokens and signatures in a URL, .* are not accepted.* Send the token in a header/,
        );
        const line = await assertLogged(wire, reply, 'token_in_url');
        assert.doesNotMatch(JSON.stringify(line), /access_token|amz-s|5ec2e7/i);
        assertWithout(token, reply.text + wire.bridge.output());
      }
    });
  }

  it('rejects a token in a URL, whatever the path', async () => {
    for (const path of ['/', '/acme-lake', '/acme-lake/', '/no-such-bucket/key', '/acme-lake?list-type=2']) {
      const joined = `${path}${path.includes('?') ? '&' : '?'}access_token=${token}`;
      const reply = await wire.get(joined, { as: 'reader' });
      assert.equal(reply.code, 'AuthorizationQueryParametersError', path);
    }
    const head = await wire.get(`${READABLE}?access_token=${token}`, { as: 'reader', method: 'HEAD' });
    assert.deepEqual([head.status, head.body.length], [400, 0]);
  });

  it('rejects a URL with malformed percent-encoding, without logging its token', async () => {
    for (const query of [`access_token=${token}%zz`, `${token}%zz`, `%zz=1&access_token=${token}`]) {
      const reply = await wire.get(`${READABLE}?${query}`, { as: 'reader' });
      assert.equal(reply.status, 400);
      await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assertWithout(token, reply.text + wire.bridge.output());
    }
  });

  it('rejects a token in the URL of a control route', async () => {
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
