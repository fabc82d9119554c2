// Callers from a Kubernetes cluster and from a generic issuer read with their own tokens. A token is accepted only if it was
// signed with its own issuer's key, and no claim can make its caller pass for another issuer's caller.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ACCOUNTS } from '../../../src/sandbox/google/accounts.ts';
import { googleClaims, inSeconds } from '../../support/google-claims.ts';
import { asPod, clusterToken, startIssuer } from '../../support/issuers.ts';
import type { OwnIssuer } from '../../support/issuers.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const BRANCH = 'repo:acme/etl:ref:refs/heads/main';

describe('tokens from issuers other than Google', () => {
  let wire: Wire;
  let github: OwnIssuer;
  before(async () => {
    github = await startIssuer();
    wire = await startWire({
      config: ({ audience, role, callers, issuer }) => `
audience: ${audience}
aws: { region: eu-west-1 }
issuers:
  - { name: cluster, kind: kubernetes, url: "${issuer}" }
  - { name: github, kind: generic, url: "${github.url}", audience: [${audience}, "https://second.example"] }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: ["cluster:analytics/etl", "github:${BRANCH}", ${callers.reader}], allow: [get], bucket: acme-lake }
operators: ["cluster:monitoring/prometheus"]
`,
    });
  });
  after(async () => {
    await wire.close();
    github.standIn.close();
  });

  const statusOf = async (token: string): Promise<number> =>
    (await wire.get(READABLE, { headers: asBearer(token) })).status;

  it('a Kubernetes service account can read with its token as a Bearer token or as an S3 session token', async () => {
    const token = await clusterToken(wire, 'analytics/etl');
    for (const headers of [asBearer(token), asS3Client(token)])
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
  });

  it("the log, the STS session name and /-/whoami show the token's issuer and subject", async () => {
    await wire.forgetCalls();
    await wire.fault({ upstream: 's3', fault: 'error', code: 'ExpiredToken', times: 1 });
    const reply = await wire.get(READABLE, { headers: await asPod(wire, 'analytics/etl') });
    assert.equal(reply.status, 200);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.deepEqual(
      [line['caller'], line['callerId'], line['sessionName']],
      [undefined, 'cluster:analytics/etl', 'cluster=analytics,etl'],
    );
    for (const session of await sessionsAtSts(wire))
      assert.equal(session.roleSessionName, 'cluster=analytics,etl');
    const whoami = await wire.get('/-/whoami', { headers: await asPod(wire, 'analytics/etl') });
    assert.deepEqual(JSON.parse(whoami.text), {
      email: null,
      uniqueId: null,
      issuer: 'cluster',
      caller: 'cluster:analytics/etl',
      sessionName: 'cluster=analytics,etl',
      mayRead: [{ bucket: 'acme-lake', prefix: '', allow: ['get'] }],
    });
  });

  it('/-/explain shows the issuer and subject that matched the grant', async () => {
    const headers = await asPod(wire, 'analytics/etl');
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=README.txt', { headers });
    const { decidedBy } = JSON.parse(reply.text) as { decidedBy: readonly { matchedBy: unknown }[] };
    assert.deepEqual(decidedBy[0]?.matchedBy, [{ issuer: 'cluster', subject: 'analytics/etl' }]);
  });

  it('/-/whoami shows a denied Kubernetes service account the name that a grant must contain', async () => {
    const headers = await asPod(wire, 'analytics/other');
    const reply = await wire.get('/-/whoami', { headers });
    assert.match(reply.text, /Grants name you as cluster:analytics\/other/);
    const denied = await wire.get(READABLE, { headers });
    assert.equal(denied.status, 403);
    const line = await wire.bridge.line(({ requestId }) => requestId === denied.headers['x-request-id']);
    assert.doesNotMatch(String(line['remedy']), /email/);
  });

  it('a Kubernetes service account can be an operator', async () => {
    assert.equal(
      (await wire.get('/-/metrics', { headers: await asPod(wire, 'monitoring/prometheus') })).status,
      200,
    );
    assert.equal((await wire.get('/-/metrics', { headers: await asPod(wire, 'analytics/etl') })).status, 403);
  });

  it('a grant matches only a token with exactly the same subject', async () => {
    for (const other of [
      'analytics/etl2',
      'analytics/et',
      'analytics2/etl',
      'etl/analytics',
      'analytics/etl.x',
    ])
      assert.equal(await statusOf(await clusterToken(wire, other)), 403, other);
    assert.equal(await statusOf(github.token({ sub: BRANCH })), 200);
    for (const sub of [`${BRANCH}2`, 'repo:acme/etl:ref:refs/heads/*', BRANCH.toUpperCase(), `${BRANCH} `])
      assert.equal(await statusOf(github.token({ sub })), 403, sub);
  });

  it('a Kubernetes token is rejected if its subject is not a service account', async () => {
    const subjects = [
      'system:serviceaccount:analytics:etl:x',
      'system:serviceaccount:analytics',
      'system:serviceaccount::etl',
      'system:serviceaccount:analytics:etl\n',
      'system:serviceaccount:ANALYTICS:etl',
      'analytics/etl',
      'system:node:one',
      '',
    ];
    for (const sub of subjects)
      await assertRefused(wire, await clusterToken(wire, 'analytics/etl', { claims: { sub } }), {
        fault: 'token_claims_invalid',
        says: /does not have the format that its issuer uses/,
      });
  });

  it('a token whose claims imitate a caller from Google or another issuer gets no access', async () => {
    const { email, uniqueId } = ACCOUNTS.reader;
    for (const sub of [uniqueId, email, `${email}#${uniqueId}`, 'cluster:analytics/etl', 'analytics/etl'])
      assert.equal(await statusOf(github.token({ sub, email, email_verified: true })), 403, sub);
    const claims = { email, email_verified: true, azp: uniqueId };
    assert.equal(await statusOf(await clusterToken(wire, 'analytics/other', { claims })), 403);
  });

  it('a token for the wrong audience is rejected, even if that audience is valid for a different issuer', async () => {
    for (const aud of ['https://kubernetes.default.svc', ['a', 'b'], 'https://second.example', []])
      await assertRefused(wire, await clusterToken(wire, 'analytics/etl', { claims: { aud } }), {
        fault: 'token_audience_invalid',
        says: /for a different audience/,
      });
    assert.equal(await statusOf(github.token({ sub: BRANCH, aud: 'https://second.example' })), 200);
    await assertRefused(
      wire,
      wire.sandbox.mint(googleClaims(wire, 'reader', { aud: 'https://second.example' })),
      {
        fault: 'token_audience_invalid',
        says: /this bridge accepts \S+lake-bridge\.example/,
      },
    );
  });

  it('a token that names one issuer but was signed by another is rejected', async () => {
    const google = { iss: 'https://accounts.google.com', sub: ACCOUNTS.reader.uniqueId };
    const { issuer } = wire.sandbox.contract;
    const impersonating = [
      github.token(google),
      await clusterToken(wire, 'analytics/etl', { claims: { iss: github.url, sub: BRANCH } }),
      github.token({ iss: issuer, sub: 'system:serviceaccount:analytics:etl' }),
      wire.sandbox.mint(
        googleClaims(wire, 'reader', { iss: issuer, sub: 'system:serviceaccount:analytics:etl' }),
      ),
    ];
    // The cluster signs with ES256, which Google does not use.
    await assertRefused(wire, await clusterToken(wire, 'analytics/etl', { claims: google }), {
      fault: 'token_algorithm_invalid',
      says: /RS256/,
    });
    for (const token of impersonating)
      await assertRefused(wire, token, { fault: 'token_key_unknown', says: /does not publish/ });
    for (const iss of ['https://issuer.example', `${github.url}/`])
      await assertRefused(wire, github.token({ iss, sub: BRANCH }), {
        fault: 'token_issuer_invalid',
        says: /another issuer that this bridge trusts/,
      });
  });

  it('a token from an untrusted issuer is rejected, and no keys are fetched', async () => {
    const stranger = await startIssuer();
    await wire.forgetCalls();
    const asked = github.standIn.asked.length;
    await assertRefused(wire, stranger.token({ sub: BRANCH }), {
      fault: 'token_issuer_invalid',
      says: /another issuer that this bridge trusts/,
    });
    assert.deepEqual([await wire.calls('issuer'), await wire.calls('certs')], [[], []]);
    assert.deepEqual([github.standIn.asked.length, stranger.standIn.asked.length], [asked, 0]);
    stranger.standIn.close();
  });

  it('a token that is forged, malformed, expired or signed with a disallowed algorithm is rejected', async () => {
    const foreign = (await startIssuer()).keys;
    const kid = String(github.keys.jwks().keys[0]?.['kid']);
    const claims = {
      iss: github.url,
      aud: 'https://lake-bridge.example',
      sub: BRANCH,
      iat: inSeconds(0),
      exp: inSeconds(60),
    };
    await assertRefused(wire, foreign.mint(claims, { kid }), {
      fault: 'token_signature_invalid',
      says: /signature does not match/,
    });
    const valid = github.token({ sub: BRANCH });
    await assertRefused(wire, `${valid.slice(0, -4)}\t${valid.slice(-4)}`, {
      fault: 'token_malformed',
      says: /not a/,
    });
    for (const alg of ['none', 'HS256', 'RS512'])
      await assertRefused(wire, github.token({ sub: BRANCH }, { alg }), {
        fault: 'token_algorithm_invalid',
        says: /RS256/,
      });
    await assertRefused(wire, github.token({ sub: BRANCH, exp: inSeconds(-120) }), {
      fault: 'token_expired',
      says: /has expired/,
      toS3Client: [400, 'ExpiredToken'],
    });
  });
});

describe('two issuers that publish the same key ID', () => {
  it("do not block each other's or Google's callers, and cannot sign for each other or for Google", async (context) => {
    const first = await startIssuer();
    const kidOf = ({ keys }: { readonly keys: OwnIssuer['keys'] }): string =>
      String(keys.jwks().keys[0]?.['kid']);
    let googleKid = '';
    const copycat = await startIssuer({
      respond: (_url, keys) => (_request, response) => {
        const [own] = keys.jwks().keys;
        response.end(JSON.stringify({ keys: [kidOf(first), googleKid].map((kid) => ({ ...own, kid })) }));
      },
    });
    const wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
issuers:
  - { name: copycat, kind: generic, url: "${copycat.url}", jwks: "${copycat.url}/keys" }
  - { name: first, kind: generic, url: "${first.url}" }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants: [{ callers: ["first:x", "copycat:x", ${callers.reader}], allow: [get], bucket: acme-lake }]
`,
      environment: async ({ certs }) => {
        const { keys } = (await (await fetch(certs)).json()) as { keys: readonly { kid: string }[] };
        googleKid = keys[0]?.kid ?? '';
        return {};
      },
    });
    context.after(async () => {
      await wire.close();
      first.standIn.close();
      copycat.standIn.close();
    });
    const statusOf = async (token: string): Promise<number> =>
      (await wire.get(READABLE, { headers: asBearer(token) })).status;
    assert.equal(await statusOf(first.token({ sub: 'x' })), 200);
    assert.equal(await statusOf(await wire.token('reader')), 200);
    assert.equal(await statusOf(copycat.token({ sub: 'x' }, { kid: kidOf(first) })), 200);
    const impostor = { iss: first.url, sub: 'x' };
    assert.equal(await statusOf(copycat.token(impostor, { kid: kidOf(first) })), 401);
    const google = { iss: 'https://accounts.google.com', sub: ACCOUNTS.reader.uniqueId };
    assert.equal(await statusOf(copycat.token(google, { kid: googleKid })), 401);
    // The copycat publishes the new key ID before the bridge has fetched it from the issuer that uses it.
    await first.keys.rotate('drop');
    assert.equal(await statusOf(copycat.token({ sub: 'x' }, { kid: kidOf(first) })), 200);
    assert.equal(await statusOf(first.token({ sub: 'x' })), 200);
  });
});
