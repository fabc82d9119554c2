// Each invalid request to /-/sts gets STS's own error code and format, over HTTP/1 and HTTP/2. Nothing that a client sends appears
// in the log.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { googleClaims, inSeconds } from '../../support/google-claims.ts';
import { openSession, requestOver } from '../../support/http2-request.ts';
import { assertWithout } from '../../support/refused-token.ts';
import { postForm, PROTOCOLS, webIdentityForm } from '../../support/sts-form.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

type Expected = readonly [status: number, code: string, message: RegExp];
const validation = (message: RegExp): Expected => [400, 'ValidationError', message];
const DURATION = validation(/DurationSeconds must be from 900 to 43200; omit it/);

const PARAMETERS: readonly (readonly [
  what: string,
  changes: Readonly<Record<string, string | undefined>>,
  expected: Expected,
])[] = [
  ['no RoleArn', { RoleArn: undefined }, validation(/RoleArn must be the ARN of an IAM role/)],
  ["a user's ARN", { RoleArn: 'arn:aws:iam::123456789012:user/ana' }, validation(/RoleArn must be the ARN/)],
  ['a RoleArn that is only a name', { RoleArn: 'lake' }, validation(/RoleArn must be the ARN/)],
  [
    'no RoleSessionName',
    { RoleSessionName: undefined },
    validation(/RoleSessionName must consist of 2 to 64/),
  ],
  [
    'a RoleSessionName with a space',
    { RoleSessionName: 'a b' },
    validation(/RoleSessionName must consist of/),
  ],
  ['no WebIdentityToken', { WebIdentityToken: undefined }, validation(/WebIdentityToken must be given/)],
  ['an empty WebIdentityToken', { WebIdentityToken: '' }, validation(/WebIdentityToken must be given/)],
  ['a duration that is too short', { DurationSeconds: '899' }, DURATION],
  ['a duration that is too long', { DurationSeconds: '43201' }, DURATION],
  ['a non-numeric duration', { DurationSeconds: '1h' }, DURATION],
  ['a negative duration', { DurationSeconds: '-900' }, DURATION],
  [
    'a session policy',
    { Policy: '{"Version":"2012-10-17"}' },
    validation(/Policy is not supported: omit it/),
  ],
  ['an empty session policy', { Policy: '' }, validation(/Policy is not supported/)],
  [
    'managed policies',
    { 'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
    validation(/PolicyArns is not supported/),
  ],
  ['session tags', { 'Tags.member.1.Key': 'team' }, validation(/Tags is not supported/)],
  ['a ProviderId', { ProviderId: 'www.amazon.com' }, validation(/ProviderId is not supported/)],
  ['the action AssumeRole', { Action: 'AssumeRole' }, [400, 'InvalidAction', /only STS action/]],
  ['GetCallerIdentity', { Action: 'GetCallerIdentity' }, [400, 'InvalidAction', /only STS action/]],
  ['no action', { Action: undefined }, [400, 'InvalidAction', /only STS action/]],
  ['another API version', { Version: '2010-05-08' }, [400, 'InvalidAction', /version 2011-06-15/]],
];

for (const [protocol, send] of Object.entries(PROTOCOLS)) {
  describe(`/-/sts over ${protocol}`, () => {
    let wire: Wire;
    let token: string;
    before(async () => {
      wire = await startWire();
      token = await wire.token('reader');
    });
    after(() => wire.close());

    async function assertRejected(
      sent: Parameters<typeof postForm>[2],
      [status, code, message]: Expected,
    ): Promise<void> {
      const reply = await postForm(send, wire.bridge.url, sent);
      assert.deepEqual([reply.status, reply.code], [status, code], reply.text);
      assert.equal(reply.headers['content-type'], 'text/xml');
      assert.match(reply.text, /^<ErrorResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">/);
      assert.match(reply.text, /<Type>Sender<\/Type>/);
      assert.match(/<Message>(.*)<\/Message>/.exec(reply.text)?.[1] ?? '', message);
      assert.ok(reply.headers['x-fedbridge-error'] !== undefined);
      const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assert.equal(line['status'], status);
      assertWithout(token, reply.text + wire.bridge.output());
    }

    for (const [what, changes, expected] of PARAMETERS) {
      it(`rejects a request with ${what}`, () =>
        assertRejected({ body: webIdentityForm(token, changes) }, expected));
    }

    it('rejects a parameter that is given twice', () =>
      assertRejected(
        { body: `${webIdentityForm(token)}&WebIdentityToken=x` },
        validation(/WebIdentityToken must be given only once/),
      ));

    it('rejects a token for another audience, and shows that audience', async () => {
      const other = await wire.token('reader', { audience: 'https://other.example' });
      await assertRejected({ body: webIdentityForm(other) }, [
        400,
        'InvalidIdentityToken',
        /is for "https:\/\/other\.example"|is for &quot;https:\/\/other\.example&quot;/,
      ]);
      assertWithout(other, wire.bridge.output());
    });

    it('rejects expired, forged and malformed tokens', async () => {
      const expired = wire.sandbox.mint(googleClaims(wire, 'reader', { exp: inSeconds(-120) }));
      const forged = wire.sandbox.mint(googleClaims(wire, 'reader'), {}, 'foreign');
      await assertRejected({ body: webIdentityForm(expired) }, [400, 'ExpiredTokenException', /has expired/]);
      await assertRejected({ body: webIdentityForm(forged) }, [400, 'InvalidIdentityToken', /signature/]);
      await assertRejected({ body: webIdentityForm('not-a-token') }, [
        400,
        'InvalidIdentityToken',
        /not a JSON Web Token/,
      ]);
      await assertRejected({ body: webIdentityForm('x'.repeat(8193)) }, [
        400,
        'InvalidIdentityToken',
        /longer than 8192/,
      ]);
    });

    it('rejects a token that expired less than a minute ago, because SDKs reject expired credentials', () =>
      assertRejected(
        { body: webIdentityForm(wire.sandbox.mint(googleClaims(wire, 'reader', { exp: inSeconds(-20) }))) },
        [400, 'ExpiredTokenException', /has expired/],
      ));

    it("rejects the bridge's own token", async () => {
      const body = webIdentityForm(wire.sandbox.mint(googleClaims(wire, 'bridge')));
      await assertRejected({ body }, [403, 'AccessDenied', /own service account/]);
    });

    it('rejects every method except POST', async () => {
      for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
        const query = webIdentityForm(token);
        const reply = await send(wire.bridge.url, `/-/sts?${query}`, { method });
        assert.deepEqual([reply.status, reply.code], [405, 'InvalidAction'], method);
        assert.equal(reply.headers.allow, 'POST');
        assertWithout(token, reply.text + wire.bridge.output());
      }
    });

    it('rejects tokens and other parameters in the query', async () => {
      const body = webIdentityForm(token);
      for (const query of [`WebIdentityToken=${token}`, 'WebIdentityToken=x', `x=${token}`])
        await assertRejected({ path: `/-/sts?${query}`, body }, [
          400,
          'AuthorizationQueryParametersError',
          /in a URL/,
        ]);
      await assertRejected(
        { path: '/-/sts?Action=AssumeRoleWithWebIdentity', body },
        validation(/Action must be in the request body/),
      );
    });

    it('rejects an oversized body, whether or not its length is declared', async () => {
      const body = Buffer.alloc(1_000_000, 'a');
      const expected: Expected = [413, 'RequestEntityTooLarge', /must not be larger than 16 KiB/];
      await assertRejected({ body, headers: { 'content-length': String(body.length) } }, expected);
      if (protocol === 'HTTP/1')
        await assertRejected({ body, headers: { 'transfer-encoding': 'chunked' } }, expected);
      else await assertRejected({ body }, expected);
    });

    it('is the only path that accepts POST', async () => {
      for (const path of ['/-/sts/x', '/-/STS', '/-/credentials', '/acme-lake/-/sts', '/'])
        assert.equal((await send(wire.bridge.url, path, { method: 'POST', body: 'x' })).status, 405, path);
    });
  });
}

describe('an unfinished request to /-/sts', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  it('over HTTP/2 is closed after the response, and the session stays usable', async () => {
    const session = openSession(wire.bridge.url);
    const stream = session.request({ ':method': 'POST', ':path': '/-/sts' }, { endStream: false });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(20_000, 'a'));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    assert.equal(headers[':status'], 413);
    stream.resume();
    await until('the bridge closes the stream', () => stream.closed);
    assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    assert.equal((await requestOver(session, '/-/live')).status, 200);
    session.close();
  });

  it('is logged with status 499 and without a fault if its caller disconnects', async () => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /-/sts HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\n\r\nAction=', () =>
      socket.destroy(),
    );
    const line = await wire.bridge.line(({ operation, status }) => operation === 'sts' && status === 499);
    assert.equal(line['fault'], undefined);
  });
});
