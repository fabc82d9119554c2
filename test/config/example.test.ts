// Every field in a complete example is known, and its value is read as written.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { problemsOf } from './sample.ts';

const EXAMPLE = `audience: https://lake-bridge.example
aws:
  region: eu-west-1
  audience: fedbridge
identity: metadata
issuers:
  - name: gke-prod
    kind: kubernetes
    url: https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/prod
    audience: https://lake-bridge.example
  - name: github
    kind: generic
    url: https://token.actions.githubusercontent.com
    jwks: https://token.actions.githubusercontent.com/.well-known/jwks
roles:
  lake:
    arn: arn:aws:iam::123456789012:role/gcp-lake-read
    duration: 1h
    session: caller
    then:
      - arn: arn:aws:iam::210987654321:role/lake-data
        externalId: 7f3c
        tags: { team: data }
        transitiveTags: [team]
        sourceIdentity: caller
buckets:
  acme-lake:
    role: lake
    target: acme-lake
    region: us-east-2
    endpoint: https://bucket.vpce-1a2b3c4d.s3.us-east-2.vpce.amazonaws.com
    requesterPays: true
    expectedOwner: "123456789012"
    kmsKeys: [arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab]
    verifyChecksums: true
    cache: false
grants:
  - callers:
      - reader@acme-prod.iam.gserviceaccount.com
      - "112010400000000710080"
      - reader@acme-prod.iam.gserviceaccount.com#112010400000000710080
      - project:acme-prod
      - gke-prod:analytics/etl
      - github:repo:acme/etl:ref:refs/heads/main
      - user:ana@acme.example
    allow: [get, list]
    bucket: acme-lake
    prefix: raw/public/
readAhead: { connections: 4, memory: 64MiB }
responses:
  chunkAbove: 32MB
  serverTiming: true
cache: { memory: 256MiB, freshFor: 1m, kms: never }
cors: { origins: [https://app.example], maxAge: 10m }
console: { audience: /projects/1/locations/europe-west1/services/console }
limits: { inFlight: 1000, perCaller: 200, stall: 30s, drain: 9s }
`;

const fieldsIn = (text: string) =>
  problemsOf(() => readConfigDocument(text, {})).map((problem) => problem.slice(0, problem.indexOf(':')));

describe('the complete example configuration', () => {
  it('is read with all its fields', () => {
    const config = readConfigDocument(EXAMPLE, {});
    const role = {
      name: 'lake',
      arn: 'arn:aws:iam::123456789012:role/gcp-lake-read',
      durationSeconds: 3600,
      session: 'caller',
      then: [
        {
          arn: 'arn:aws:iam::210987654321:role/lake-data',
          externalId: '7f3c',
          tags: { team: 'data' },
          callerTags: false,
          transitiveTags: ['team'],
          sourceIdentity: 'caller',
        },
      ],
    };
    assert.deepEqual(config, {
      listen: { host: '127.0.0.1', port: 8080, reusePort: false },
      platform: { kind: 'machine' },
      logLevel: 'info',
      audiences: ['https://lake-bridge.example'],
      certsUrl: 'https://www.googleapis.com/oauth2/v3/certs',
      iapKeysUrl: 'https://www.gstatic.com/iap/verify/public_key-jwk',
      issuers: [
        {
          name: 'gke-prod',
          kind: 'kubernetes',
          url: 'https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/prod',
          audiences: ['https://lake-bridge.example'],
        },
        {
          name: 'github',
          kind: 'generic',
          url: 'https://token.actions.githubusercontent.com',
          audiences: ['https://lake-bridge.example'],
          jwks: 'https://token.actions.githubusercontent.com/.well-known/jwks',
        },
      ],
      identity: { kind: 'metadata' },
      aws: { region: 'eu-west-1', audience: 'fedbridge' },
      roles: new Map([['lake', role]]),
      buckets: new Map([
        [
          'acme-lake',
          {
            name: 'acme-lake',
            role,
            target: 'acme-lake',
            region: 'us-east-2',
            endpoint: 'https://bucket.vpce-1a2b3c4d.s3.us-east-2.vpce.amazonaws.com',
            requesterPays: true,
            expectedOwner: '123456789012',
            kmsKeys: ['arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
            verifyChecksums: true,
            cache: false,
          },
        ],
      ]),
      grants: [
        {
          position: 0,
          callers: [
            { kind: 'email', email: 'reader@acme-prod.iam.gserviceaccount.com' },
            { kind: 'id', uniqueId: '112010400000000710080' },
            {
              kind: 'email-and-id',
              email: 'reader@acme-prod.iam.gserviceaccount.com',
              uniqueId: '112010400000000710080',
            },
            { kind: 'project', project: 'acme-prod' },
            { kind: 'issued', issuer: 'gke-prod', subject: 'analytics/etl' },
            { kind: 'issued', issuer: 'github', subject: 'repo:acme/etl:ref:refs/heads/main' },
            { kind: 'user', email: 'ana@acme.example' },
          ],
          allow: ['get', 'list'],
          bucket: 'acme-lake',
          scope: { kind: 'prefix', prefix: 'raw/public/' },
        },
      ],
      budgets: [],
      egressPrices: new Map(),
      operators: [],
      serverTiming: true,
      readAhead: { connections: 4, memoryBytes: 67_108_864 },
      chunkAbove: 32_000_000,
      cache: { memoryBytes: 256 * 2 ** 20, freshForSeconds: 60, kms: 'never' },
      cors: { origins: ['https://app.example'], maxAgeSeconds: 600 },
      console: { audience: '/projects/1/locations/europe-west1/services/console' },
      limits: { inFlight: 1000, perCaller: 200, stallSeconds: 30, drainSeconds: 9 },
    });
  });

  for (const [identity, read] of [
    [
      '{ impersonate: bridge@acme-prod.iam.gserviceaccount.com }',
      { kind: 'impersonate', email: 'bridge@acme-prod.iam.gserviceaccount.com' },
    ],
    ['{ file: /var/run/token }', { kind: 'file', path: '/var/run/token' }],
    ['{ profile: lake }', { kind: 'profile', name: 'lake' }],
  ] as const) {
    it(`is still valid with the identity ${identity}`, () => {
      const text = EXAMPLE.replace('identity: metadata', `identity: ${identity}`);
      assert.deepEqual(readConfigDocument(text, {}).identity, read);
    });
  }

  it('causes one error that lists every problem if several fields are changed to invalid values', () => {
    const text = EXAMPLE.replace('externalId: 7f3c', 'externalId: 7').replace('maxAge: 10m', 'maxAge: -1');
    assert.deepEqual(fieldsIn(text), ['roles.lake.then[0].externalId', 'cors.maxAge']);
  });
});

describe('an allowed CORS origin in the configuration', () => {
  for (const [origin, accepted] of [
    ['https://app.example', true],
    ['https://app.example:8443', true],
    ['http://localhost:5173', true],
    ['*', true],
    ['https://app.example/', false],
    ['https://app.example:443', false],
    ['https://App.example', false],
    ['http://app.example', false],
    ['https://*.example', false],
    ['null', false],
  ] as const) {
    it(`${origin} is ${accepted ? 'accepted' : 'rejected'}`, () => {
      const fields = fieldsIn(EXAMPLE.replace('https://app.example]', `"${origin}"]`));
      assert.deepEqual(fields, accepted ? [] : ['cors.origins[0]']);
    });
  }
});
