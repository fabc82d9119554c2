// POST /-/sts returns the caller's own token as S3 credentials, over HTTP/1 and HTTP/2, and calls no upstream.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { rawExchange } from '../../support/raw-exchange.ts';
import { READABLE } from '../../support/refused-token.ts';
import { postForm, PROTOCOLS, ROLE_ARN, webIdentityForm } from '../../support/sts-form.ts';
import { asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const valueOf = (text: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];

for (const [protocol, send] of Object.entries(PROTOCOLS)) {
  describe(`POST /-/sts over ${protocol}`, () => {
    let wire: Wire;
    let token: string;
    before(async () => {
      wire = await startWire();
      token = await wire.token('reader');
      await wire.forgetCalls();
    });
    after(() => wire.close());

    const post = (body: string, path = '/-/sts', headers: Record<string, string> = {}) =>
      postForm(send, wire.bridge.url, { path, body, headers });

    it("returns the caller's token as the session token, with the token's expiry", async () => {
      const reply = await post(webIdentityForm(token));
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers['content-type'], 'text/xml');
      assert.equal(reply.headers['cache-control'], 'no-store');
      assert.equal(reply.headers['x-amzn-requestid'], reply.headers['x-request-id']);
      assert.equal(valueOf(reply.text, 'RequestId'), reply.headers['x-request-id']);
      assert.equal(valueOf(reply.text, 'SessionToken'), token);
      const { exp = 0, sub, aud } = decodeJwt(token);
      assert.equal(Date.parse(valueOf(reply.text, 'Expiration') ?? ''), exp * 1000);
      assert.equal(valueOf(reply.text, 'SubjectFromWebIdentityToken'), sub);
      assert.equal(valueOf(reply.text, 'Audience'), aud);
      const read = await wire.get(READABLE, { headers: asS3Client(token) });
      assert.equal(read.status, 200);
    });

    it("returns the session name that AWS sees, and never forwards the client's RoleSessionName", async () => {
      const { text } = await post(webIdentityForm(token));
      assert.equal(
        valueOf(text, 'Arn'),
        'arn:aws:sts::000000000000:assumed-role/lake-reader/reader@acme-prod',
      );
      await wire.get(READABLE, { headers: asS3Client(token) });
      const seen = JSON.stringify([await wire.calls('sts'), text, wire.bridge.output()]);
      assert.match(seen, /reader@acme-prod/);
      assert.doesNotMatch(seen, /client-chosen-name/);
    });

    it('accepts the trailing slash that SDKs send, and the longest duration', async () => {
      assert.equal((await post(webIdentityForm(token), '/-/sts/')).status, 200);
      const longest = await post(webIdentityForm(token, { DurationSeconds: '43200' }));
      assert.equal(Date.parse(valueOf(longest.text, 'Expiration') ?? ''), (decodeJwt(token).exp ?? 0) * 1000);
    });

    it('accepts a token that ends with a newline, as token files do', async () => {
      const reply = await post(webIdentityForm(`${token}\n`));
      assert.equal(valueOf(reply.text, 'SessionToken'), token);
    });

    it('accepts the same token in a header, and rejects a different token there', async () => {
      assert.equal((await post(webIdentityForm(token), '/-/sts', asS3Client(token))).status, 200);
      const other = await wire.token('scoped');
      for (const headers of [asS3Client(other), { authorization: `Bearer ${other}` }]) {
        const reply = await post(webIdentityForm(token), '/-/sts', headers);
        assert.deepEqual([reply.status, reply.code], [400, 'InvalidIdentityToken']);
        assert.match(reply.text, /more than one identity token/);
      }
    });

    it('accepts a body of 16 KiB, but not a longer one', async () => {
      const body = webIdentityForm(token);
      const padded = `${body}${'&'.repeat(16 * 1024 - body.length)}`;
      assert.equal((await post(padded)).status, 200);
      const reply = await post(`${padded}&`);
      assert.deepEqual([reply.status, reply.code], [413, 'RequestEntityTooLarge']);
    });

    it('calls neither STS nor S3', async () => {
      await wire.forgetCalls();
      await post(webIdentityForm(token, { RoleArn: ROLE_ARN.replace('lake', 'another') }));
      assert.deepEqual([await wire.calls('sts'), await wire.calls('s3')], [[], []]);
    });

    it("logs the caller, but neither the token nor the client's parameters", async () => {
      const reply = await post(webIdentityForm(token));
      const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assert.equal(line['operation'], 'sts');
      assert.equal(line['caller'], 'reader@acme-prod.iam.gserviceaccount.com');
      assert.ok(!wire.bridge.output().includes(token));
      assert.doesNotMatch(wire.bridge.output(), /lake-reader/);
    });
  });
}

describe('POST /-/sts with Expect: 100-continue', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  it('gets 100 before the final response', async () => {
    const body = webIdentityForm(await wire.token('reader'));
    const head = `POST /-/sts HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${body.length}`;
    const received = await rawExchange(wire.bridge.url, `${head}\r\n\r\n${body}`);
    assert.deepEqual(
      [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status),
      ['100', '200'],
    );
  });
});
