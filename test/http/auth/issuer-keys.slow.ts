// The bridge discovers an issuer's keys on the issuer's own origin, and fetches them again when they change. If an issuer is
// unavailable, only its own callers are affected.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { request } from '../../support/http-request.ts';
import { asPod, clusterToken, startIssuer } from '../../support/issuers.ts';
import type { OwnIssuer } from '../../support/issuers.ts';
import { assertLogged, assertRefused, READABLE } from '../../support/refused-token.ts';
import type { Respond } from '../../support/stand-in.ts';
import { postForm, webIdentityForm } from '../../support/sts-form.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const AS_SCOPED = '/acme-lake/raw/public/orders.csv';

describe("an issuer's keys, after the issuer has replaced them", () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  it('are fetched again only once for ten tokens signed with the new key, and tokens signed with the old key are rejected', async () => {
    const before = await clusterToken(wire, 'analytics/etl');
    const withdrawn = await clusterToken(wire, 'analytics/etl');
    assert.equal((await wire.get(AS_SCOPED, { headers: asBearer(before) })).status, 200);
    await wire.forgetCalls();
    await wire.control('POST', '/keys', { action: 'replace', upstream: 'issuer' });
    const tokens = await Promise.all(Array.from({ length: 10 }, () => clusterToken(wire, 'analytics/etl')));
    const replies = await Promise.all(
      tokens.map((token) => wire.get(AS_SCOPED, { headers: asBearer(token) })),
    );
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    // One discovery document and one key set.
    assert.equal((await wire.calls('issuer')).length, 2);
    assert.deepEqual(await wire.calls('certs'), [], "Google's keys are not affected");
    await assertRefused(wire, withdrawn, { fault: 'token_key_unknown', says: /does not publish/ });
    assert.equal((await wire.calls('issuer')).length, 2, 'unknown keys cause one refetch in 30 s');
  });
});

describe('an issuer that is unavailable when the bridge starts', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ faults: [{ upstream: 'issuer', fault: 'refuse' }] });
  });
  after(() => wire.close());

  it('is logged, and only its own callers get 503 until it is available', async () => {
    const line = await wire.bridge.line(({ fault }) => fault === 'issuer_keys_unavailable');
    assert.match(String(line['message']), /keys of issuer cluster could not be fetched/);
    assert.equal((line['cause'] as Record<string, unknown>)['issuer'], 'cluster');

    const headers = await asPod(wire, 'analytics/etl');
    const reply = await wire.get(AS_SCOPED, { headers });
    assert.deepEqual([reply.status, reply.code], [503, 'ServiceUnavailable']);
    assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
    await assertLogged(wire, reply, 'issuer_keys_unavailable');
    const body = webIdentityForm(await clusterToken(wire, 'analytics/etl'));
    const exchange = await postForm(request, wire.bridge.url, { body });
    assert.deepEqual([exchange.status, exchange.code], [400, 'IDPCommunicationError'], 'AWS SDKs retry this');
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    assert.equal((await wire.get('/-/ready')).status, 200);

    await wire.clearFaults();
    await until(
      'the keys are available',
      async () => (await wire.get(AS_SCOPED, { headers })).status === 200,
    );
  });

  it("does not block Google's callers if it later hangs while many of its own callers wait", async () => {
    await wire.control('POST', '/keys', { action: 'replace', upstream: 'issuer' });
    await wire.fault({ upstream: 'issuer', fault: 'hang' });
    const tokens = await Promise.all(Array.from({ length: 120 }, () => clusterToken(wire, 'analytics/etl')));
    const asked = Promise.all(tokens.map((token) => wire.get(AS_SCOPED, { headers: asBearer(token) })));
    // The next request also waits for a key fetch, because Google's key is new. The hanging issuer must leave room for it.
    await wire.control('POST', '/keys', { action: 'replace' });
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    assert.deepEqual(new Set((await asked).map(({ status }) => status)), new Set([503]));
  });
});

describe('OpenID Connect discovery', () => {
  const document =
    (fields: (url: string) => object) =>
    (url: string): Respond =>
    ({ url: path }, response) => {
      response.end(JSON.stringify(path === '/.well-known/openid-configuration' ? fields(url) : { keys: [] }));
    };
  const BAD: Readonly<Record<string, readonly [respond: (url: string) => Respond, cause: object]>> = {
    elsewhere: [
      document((issuer) => ({ issuer, jwks_uri: 'https://keys.example/jwks' })),
      { error: 'the discovery document names keys on another origin' },
    ],
    port: [
      document((issuer) => ({ issuer, jwks_uri: 'http://127.0.0.1:1/jwks' })),
      { error: 'the discovery document names keys on another origin' },
    ],
    missing: [
      document((issuer) => ({ issuer })),
      { error: 'the discovery document names keys on another origin' },
    ],
    impostor: [
      document((url) => ({ issuer: 'https://accounts.google.com', jwks_uri: `${url}/keys` })),
      { error: 'the discovery document names another issuer' },
    ],
    redirect: [
      (url) => (_request, response) => {
        response.writeHead(302, { location: `${url}/moved` }).end();
      },
      { status: 302 },
    ],
    html: [
      () => (_request, response) => {
        response.end('<html>');
      },
      { error: 'the discovery document is not JSON' },
    ],
    huge: [
      () => (_request, response) => {
        response.end(`{"issuer":"${'x'.repeat(300_000)}"}`);
      },
      { error: 'the response is too large' },
    ],
  };
  const issuers = new Map<string, OwnIssuer>();
  let wire: Wire;
  before(async () => {
    for (const [name, [respond]] of Object.entries(BAD)) issuers.set(name, await startIssuer({ respond }));
    const lines = [...issuers].map(
      ([name, { url }]) => `  - { name: ${name}, kind: generic, url: "${url}" }`,
    );
    const callers = [...issuers.keys()].map((name) => `"${name}:x"`);
    wire = await startWire({
      config: ({ audience, role }) =>
        `
audience: ${audience}
aws: { region: eu-west-1 }
issuers:
${lines.join('\n')}
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants: [{ callers: [${callers.join(', ')}], allow: [get], bucket: acme-lake }]
`,
    });
  });
  after(async () => {
    await wire.close();
    for (const { standIn } of issuers.values()) standIn.close();
  });

  for (const [name, [, cause]] of Object.entries(BAD))
    it(`does not accept the keys of an issuer with an invalid discovery document (${name})`, async () => {
      const issuer = issuers.get(name) ?? assert.fail();
      const line = await wire.bridge.line(
        ({ fault, cause: logged }) =>
          fault === 'issuer_keys_unavailable' && (logged as Record<string, unknown>)['issuer'] === name,
      );
      assert.deepEqual(line['cause'], { issuer: name, ...cause });
      const reply = await wire.get(READABLE, { headers: asBearer(issuer.token({ sub: 'x' })) });
      assert.equal(reply.status, 503);
      assert.ok(issuer.standIn.asked.every(({ url }) => url === '/.well-known/openid-configuration'));
    });
});
