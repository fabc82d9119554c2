// Tests which issuers other than Google, and which of their callers, the configuration accepts, and how it reports mistakes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { findWarnings } from '../../src/config/warnings.ts';
import { assertOneProblem, problemsWith, sampleWith } from './sample.ts';
import type { Change } from './sample.ts';

const GKE = 'https://container.googleapis.com/v1/projects/P/locations/L/clusters/C';
const GITHUB = 'https://token.actions.githubusercontent.com';
const cluster = { name: 'gke-prod', kind: 'kubernetes', url: GKE };
const github = { name: 'github', kind: 'generic', url: GITHUB };

const withIssuers = (...issuers: readonly unknown[]): Change => ['issuers', issuers];
const withCallers = (...callers: readonly string[]): Change => ['grants 0 callers', callers];

const warningsFor = (...changes: readonly Change[]): readonly string[] =>
  findWarnings(readConfigDocument(sampleWith(...changes), {})).map(describeProblem);

describe('an issuer in the configuration', () => {
  it("accepts tokens for the bridge's audiences by default, or for its own audiences", () => {
    const own = { ...github, audience: ['https://a.example', 'https://b.example'] };
    const { issuers } = readConfigDocument(
      sampleWith(withIssuers(cluster, own), withCallers('gke-prod:a/b', 'github:x')),
      {},
    );
    assert.deepEqual(
      issuers.map(({ audiences }) => audiences),
      [['https://lake-bridge.example'], ['https://a.example', 'https://b.example']],
    );
  });

  for (const [what, issuer, problem] of [
    [
      'with a URL without TLS',
      { url: 'http://issuer.example' },
      /url: must be the https URL.*Without TLS, anyone on the network could forge/,
    ],
    ['with a query in its URL', { url: 'https://issuer.example/?a=b' }, /url: must be the https URL/],
    ['with a password in its URL', { url: 'https://a:b@issuer.example' }, /url: must be the https URL/],
    ['with an invalid URL', { url: 'issuer.example' }, /url: must be the https URL/],
    [
      'with keys that are served without TLS',
      { jwks: 'http://issuer.example/keys' },
      /jwks: must be the https URL/,
    ],
    [
      'named project',
      { name: 'project' },
      /name: must be .* not be one of project, user, group.*Choose another/,
    ],
    ['named user', { name: 'user' }, /name: must be/],
    ['named group', { name: 'group' }, /name: must be/],
    ['named vend', { name: 'vend' }, /name: must be/],
    ['named google', { name: 'google' }, /name: must be/],
    ['with a colon in its name', { name: 'a:b' }, /name: must be/],
    ['with a name that is too long', { name: 'a'.repeat(32) }, /name: must be/],
    ['of an unknown kind', { kind: 'github' }, /kind: must be one of kubernetes, generic/],
    ['with an unknown field', { issuer: GKE }, /issuer/],
    ['that is Google', { url: 'https://accounts.google.com' }, /url: must not be Google's issuer/],
    ['with the audience of STS', { audience: 'fedbridge' }, /audience: must differ from aws\.audience/],
    [
      'with its own URL as audience',
      { url: GITHUB, audience: GITHUB },
      /audience: must be for this bridge only.*default audience/,
    ],
    [
      "with the API server's audience",
      { audience: 'https://kubernetes.default.svc.cluster.local' },
      /audience: must be for this bridge only.*default audience/,
    ],
    [
      'with a shared audience',
      { audience: ['sigstore'] },
      /audience: must be for this bridge only.*Sigstore/,
    ],
  ] as const) {
    it(`${what} is rejected`, () => {
      const problems = problemsWith(withIssuers({ ...cluster, ...issuer }));
      assert.match(problems[0] ?? '', problem);
      assert.match(problems[0] ?? '', /^issuers\[0\]/);
    });
  }

  it('may have a plain http URL on this machine', () => {
    assert.deepEqual(problemsWith(withIssuers({ ...cluster, url: 'http://127.0.0.1:8086' })), []);
  });

  it('is rejected if another issuer has the same name or the same URL', () => {
    assertOneProblem(
      problemsWith(withIssuers(cluster, { ...github, name: 'gke-prod' })),
      /^issuers\[1\]\.name: must differ from issuers\[0\].name, which is also "gke-prod"/,
    );
    assertOneProblem(
      problemsWith(withIssuers(cluster, { ...cluster, name: 'other' })),
      /^issuers\[1\]\.url: must differ from issuers\[0\]\.url, which is also.*`audience` may be a list/,
    );
  });

  it('is rejected if there are more than ten issuers', () => {
    const many = Array.from({ length: 11 }, (_, i) => ({ ...github, name: `i${i}`, url: `${GITHUB}/${i}` }));
    assertOneProblem(problemsWith(withIssuers(...many)), /^issuers: must have at most 10 entries/);
  });

  it('causes a warning if no grant uses it', () => {
    assert.match(
      warningsFor(withIssuers(cluster))[0] ?? '',
      /^issuers\[0\]: \(gke-prod\) is not used by any grant/,
    );
    assert.deepEqual(warningsFor(withIssuers(cluster), withCallers('gke-prod:a/b')), []);
  });
});

describe('a caller from an issuer other than Google', () => {
  for (const [caller, problem] of [
    ['gke-prods:analytics/etl', /Did you mean "gke-prod:analytics\/etl"/],
    [
      'eks:analytics/etl',
      /must be an email.*the name of an issuer listed under `issuers`, not "eks:analytics\/etl"/,
    ],
    ['gke-prod:analytics', /must be gke-prod:NAMESPACE\/SERVICEACCOUNT/],
    ['gke-prod:analytics/*', /must be gke-prod:NAMESPACE\/SERVICEACCOUNT/],
    ['gke-prod:analytics/etl/x', /must be gke-prod:NAMESPACE\/SERVICEACCOUNT/],
    ['gke-prod:system:serviceaccount:analytics:etl', /Write "gke-prod:analytics\/etl"/],
    ['gke-prod:', /must be an email/],
    ['github:repo ', /must be an email/],
    [`github:${'x'.repeat(256)}`, /must be an email/],
    ['group:data@acme.example', /Groups and domains never match/],
  ] as const) {
    it(`is rejected with a suggested fix if its form is wrong: ${caller.slice(0, 60)}`, () => {
      assertOneProblem(problemsWith(withIssuers(cluster, github), withCallers(caller)), problem);
      assertOneProblem(problemsWith(withIssuers(cluster, github), ['operators', [caller]]), problem);
    });
  }

  it('may have a subject that contains any visible characters', () => {
    for (const subject of [
      'repo:acme/etl:ref:refs/heads/main',
      'repo:a/b:environment:my env (1)',
      'a@b.example',
      'x'.repeat(255),
    ])
      assert.deepEqual(problemsWith(withIssuers(github), withCallers(`github:${subject}`)), []);
  });

  it('causes a warning if its subject contains a wildcard', () => {
    const [warning = ''] = warningsFor(withIssuers(github), withCallers('github:repo:acme/etl:*'));
    assert.match(warning, /^grants\[0\]\.callers\[0\]: contains "\*".*compares subjects exactly/);
  });
});
