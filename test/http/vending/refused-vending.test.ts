// The bridge refuses to issue AWS credentials before it calls STS if no grant includes `vend`, if sessions are shared, if the
// session policy is too long, or if the request is invalid.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf } from '../../support/configuration.ts';
import { googleClaims } from '../../support/google-claims.ts';
import type { Reply } from '../../support/http-request.ts';
import { READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { VEND_PATH, VENDING } from '../../support/vended.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const outcomeOf = ({ status, headers }: Reply): readonly unknown[] => [status, headers['x-fedbridge-error']];
const REFUSED = [403, 'not_granted'];

const faultOf = async (wire: Wire): Promise<unknown> =>
  (await wire.bridge.line(({ operation, fault }) => operation === 'vend' && fault !== undefined))['fault'];

describe('a request for AWS credentials', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: VENDING });
  });
  after(() => wire.close());

  it('is refused if no grant includes vend, and the response does not reveal the role', async () => {
    await wire.forgetCalls();
    for (const as of ['scoped', 'stranger'] as const) {
      const reply = await wire.get(VEND_PATH, { as });
      assert.deepEqual(outcomeOf(reply), REFUSED);
      assert.match(reply.text, /None of your grants on this bucket lets you obtain AWS credentials/);
      assert.doesNotMatch(reply.text, /arn:|AccessKeyId/);
    }
    assert.equal(await faultOf(wire), 'vend_not_granted');
    assert.deepEqual(await wire.calls('sts'), []);
  });

  it('for a missing bucket gets the same response as for a bucket without a grant', async () => {
    const withoutId = ({ text }: Reply): string => text.replace(/"requestId":"[^"]*"/, '');
    const denied = await wire.get(VEND_PATH, { as: 'scoped' });
    const missing = await wire.get('/-/credentials?bucket=acme-missing&mode=aws', { as: 'scoped' });
    assert.equal(withoutId(missing), withoutId(denied));
  });

  it('requires a valid token', async () => {
    assert.deepEqual(outcomeOf(await wire.get(VEND_PATH)), [401, 'unauthenticated']);
    const now = Math.floor(Date.now() / 1000);
    const expired = googleClaims(wire, 'reader', { iat: now - 7200, exp: now - 3600 });
    const reply = await wire.get(VEND_PATH, { headers: asBearer(wire.sandbox.mint(expired)) });
    assert.deepEqual(outcomeOf(reply), [401, 'unauthenticated']);
  });

  for (const [what, query, status, message] of [
    ['an unknown mode', 'bucket=acme-lake&mode=gcp', 400, /mode must be bridge or aws/],
    ['an empty mode', 'bucket=acme-lake&mode=', 400, /mode must be bridge or aws/],
    ['no bucket', 'mode=aws', 400, /bucket must be given with mode=aws/],
    ['a repeated bucket', 'bucket=acme-lake&mode=aws&bucket=b', 400, /given more than once/],
    [
      'a prefix, which would not narrow the credentials',
      'bucket=acme-lake&mode=aws&prefix=raw/',
      501,
      /prefix/,
    ],
    ['a duration', 'bucket=acme-lake&mode=aws&DurationSeconds=900', 501, /DurationSeconds/],
  ] as const)
    it(`is rejected if it has ${what}`, async () => {
      const reply = await wire.get(`/-/credentials?${query}`, { as: 'reader' });
      assert.equal(reply.status, status, reply.text);
      assert.match(reply.text, message);
    });

  it('with the method HEAD checks the grants, but does not issue credentials', async () => {
    await wire.forgetCalls();
    const reply = await wire.get(VEND_PATH, { as: 'reader', method: 'HEAD' });
    assert.deepEqual([reply.status, reply.text, reply.headers['cache-control']], [200, '', 'no-store']);
    assert.equal((await wire.get(VEND_PATH, { as: 'scoped', method: 'HEAD' })).status, 403);
    assert.equal((await wire.get(VEND_PATH, { as: 'reader', method: 'POST' })).status, 405);
    assert.deepEqual(await wire.calls('sts'), []);
  });

  it('is refused if STS reports that the packed policy is too large, because Deny statements are never omitted', async () => {
    await wire.forgetCalls();
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'PackedPolicyTooLarge', times: 1 });
    assert.deepEqual(outcomeOf(await wire.get(VEND_PATH, { as: 'reader' })), REFUSED);
    const calls = await sessionsAtSts(wire);
    assert.deepEqual(
      calls.map(({ status, policy }) => [status, policy.includes('"Deny"')]),
      [[400, true]],
    );
    assert.equal((await wire.get('/-/ready')).status, 200);
  });

  it('gets 503 while STS is down, and succeeds once STS works again', async () => {
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'InternalFailure' });
    assert.deepEqual(outcomeOf(await wire.get(VEND_PATH, { as: 'reader' })), [503, 'federation_failed']);
    await wire.clearFaults();
    assert.equal((await wire.get(VEND_PATH, { as: 'reader' })).status, 200);
  });
});

describe('a grant that includes vend', () => {
  it('allows reads but no credentials if sessions are named after the bridge', async (test) => {
    const grants = [`callers: [${emailOf('reader')}], allow: [get, vend], bucket: acme-lake`];
    const wire = await startWire({
      config: (contract) => configured({ grants })(contract).replace(' } }', ', session: bridge } }'),
    });
    test.after(() => wire.close());
    const warning = await wire.bridge.line(({ message }) => String(message).includes('grants[0].allow[1]'));
    assert.match(String(warning['message']), /has no effect, because roles\.lake\.session is `bridge`/);
    await wire.forgetCalls();
    assert.deepEqual(outcomeOf(await wire.get(VEND_PATH, { as: 'reader' })), REFUSED);
    assert.equal(await faultOf(wire), 'vend_shared_session');
    assert.deepEqual(await wire.calls('sts'), []);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
  });

  it('allows reads but no credentials if the session policy is too long with its Deny statements', async (test) => {
    const long = 'raw/'.concat('x'.repeat(900), '/');
    const grants = [
      `callers: [${emailOf('reader')}], allow: [get, vend], bucket: acme-lake, prefix: ${long}`,
      `callers: [${emailOf('reader')}], allow: [get, vend], bucket: acme-lake, prefix: raw/public/`,
    ];
    const wire = await startWire({ config: configured({ grants }) });
    test.after(() => wire.close());
    await wire.forgetCalls();
    assert.deepEqual(outcomeOf(await wire.get(VEND_PATH, { as: 'reader' })), REFUSED);
    assert.equal(await faultOf(wire), 'vend_policy_too_large');
    assert.deepEqual(await wire.calls('sts'), []);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
  });

  it("does not allow credentials for the bridge's own account", async (test) => {
    const wire = await startWire({
      config: configured({
        grants: ['callers: ["project:acme-prod"], allow: [get, vend], bucket: acme-lake'],
      }),
    });
    test.after(() => wire.close());
    const { serviceAccount, audience } = wire.sandbox.contract;
    const own = wire.sandbox.mint({
      aud: audience,
      azp: serviceAccount.uniqueId,
      sub: serviceAccount.uniqueId,
      email: serviceAccount.email,
      email_verified: true,
    });
    assert.deepEqual(outcomeOf(await wire.get(VEND_PATH, { headers: asBearer(own) })), REFUSED);
  });
});
