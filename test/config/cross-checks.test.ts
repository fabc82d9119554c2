// Tests the checks that compare several fields in a configuration document.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { type Change, assertOneProblem, problemsOf, problemsWith, sampleWith } from './sample.ts';

const ARN = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const grant = { callers: ['a@example.com'], allow: ['get'], bucket: 'acme-lake' };

const VIA = 'https://d111111abcdef8.cloudfront.net';
const ACCESS_POINT = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/lake';

const REJECTED: readonly (readonly [claim: string, changes: readonly Change[], problem: RegExp])[] = [
  [
    'the document or AWS_REGION sets the region',
    [['aws region', undefined]],
    /^aws\.region: is missing.*or set AWS_REGION/,
  ],
  [
    'audience and aws.audience differ',
    [['audience', 'fedbridge']],
    /^audience: must differ from aws\.audience, which is also "fedbridge"/,
  ],
  [
    'each of several audiences differs from aws.audience',
    [['audience', ['https://a.example', 'fedbridge']]],
    /^audience: must differ/,
  ],
  [
    'audience differs from the default of aws.audience',
    [
      ['audience', 'fedbridge'],
      ['aws audience', undefined],
    ],
    /^audience: must differ/,
  ],
  ['a role has a plain name', [['roles la/ke', { arn: `${ARN}2` }]], /^roles\."la\/ke": must have a name of/],
  [
    'roles are not duplicated',
    [['roles copy', { arn: ARN, duration: '15m' }]],
    /^roles\.copy: duplicates roles\.lake: .*Remove this role, and set `role` to "lake" for its buckets/,
  ],
  [
    'roles are not duplicated by an empty `then`',
    [['roles copy', { arn: ARN, then: [] }]],
    /^roles\.copy: duplicates roles\.lake/,
  ],
  [
    'the role of a bucket exists',
    [['buckets acme-lake role', 'laek']],
    /^buckets\.acme-lake\.role: must be the name of a role, not "laek"\. Did you mean "lake"\?/,
  ],
  [
    "a bucket's role is not the name of an inherited property",
    [['buckets acme-lake role', 'constructor']],
    /^buckets\.acme-lake\.role: .*Add it under `roles`/,
  ],
  [
    'the bucket of a grant exists',
    [['grants 0 bucket', 'acme-lak']],
    /^grants\[0\]\.bucket: .*not "acme-lak"\. Did you mean "acme-lake"\?/,
  ],
  [
    'the region is the same as the region of its access point',
    [
      ['buckets acme-lake target', 'arn:aws:s3:eu-west-1:123456789012:accesspoint/lake'],
      ['buckets acme-lake region', 'us-east-2'],
    ],
    /^buckets\.acme-lake\.region: must match the region in target \(eu-west-1\)/,
  ],
  [
    'a bucket with a distribution has a region',
    [['buckets acme-lake via', VIA]],
    /^buckets\.acme-lake\.region: is missing; it is required with `via`/,
  ],
  [
    'a bucket has a distribution or an endpoint, not both',
    [['buckets acme-lake', { role: 'lake', region: 'eu-west-1', via: VIA, endpoint: 'https://s3.example' }]],
    /^buckets\.acme-lake\.via: must not be set together with `endpoint`/,
  ],
  [
    'a bucket with a distribution has no dots in its name',
    [['buckets acme-lake', { role: 'lake', region: 'eu-west-1', via: VIA, target: 'acme.lake' }]],
    /^buckets\.acme-lake\.via: must not be set for a bucket name with dots/,
  ],
  [
    'a bucket with a distribution is not an access point',
    [['buckets acme-lake', { role: 'lake', via: VIA, target: ACCESS_POINT }]],
    /^buckets\.acme-lake\.via: must not be set for an access point/,
  ],
  [
    'a grant has a prefix or a key, not both',
    [['grants 0', { ...grant, prefix: 'a/', key: 'a/b' }]],
    /^grants\[0\]\.key: cannot be combined with prefix/,
  ],
  [
    'a grant for one key does not allow list',
    [['grants 0', { ...grant, allow: ['get', 'list'], key: 'a/b' }]],
    /^grants\[0\]\.allow\[1\]: must not contain `list`/,
  ],
  [
    'a grant names each action once',
    [['grants 0 allow', ['get', 'list', 'get']]],
    /^grants\[0\]\.allow\[2\]: must not repeat "get"/,
  ],
  [
    'a grant of credentials also grants a read',
    [['grants 0 allow', ['vend']]],
    /^grants\[0\]\.allow\[0\]: requires another action as well, .*Add the actions that the credentials should allow/,
  ],
  [
    'limits.perCaller is at most limits.inFlight',
    [['limits', { inFlight: 10, perCaller: 11 }]],
    /^limits\.perCaller: must be at most limits\.inFlight \(10\), not 11/,
  ],
  [
    'limits.perCaller is at most the default of limits.inFlight',
    [['limits perCaller', 1001]],
    /^limits\.perCaller: .*\(1000\)/,
  ],
];

describe('a configuration document', () => {
  for (const [claim, changes, problem] of REJECTED) {
    it(`is rejected unless ${claim}`, () => {
      assertOneProblem(problemsWith(...changes), problem);
    });
  }
});

describe('a CloudFront distribution in `via`', () => {
  const text = sampleWith(['buckets acme-lake', { role: 'lake', region: 'eu-west-1', via: `${VIA}/` }]);
  const problemsIn = (s3Endpoint: string): readonly string[] =>
    problemsOf(() => readConfigDocument(text, { AWS_ENDPOINT_URL_S3: s3Endpoint }));

  it('is accepted with a trailing slash, which is removed', () => {
    assert.equal(readConfigDocument(text, {}).buckets.get('acme-lake')?.via, VIA);
  });
  it('is rejected if AWS_ENDPOINT_URL_S3 is also set, unless that is a stand-in on this machine', () => {
    assertOneProblem(
      problemsIn('https://s3.example'),
      /^buckets\.acme-lake\.via: must not be set together with AWS_ENDPOINT_URL_S3/,
    );
    assert.deepEqual(problemsIn('http://127.0.0.1:9000'), []);
  });
});

describe('an empty map of roles or buckets', () => {
  it('is rejected', () => {
    assert.deepEqual(problemsWith(['roles', {}], ['buckets', {}], ['grants', []]), [
      'roles: must have at least one entry.',
      'buckets: must have at least one entry.',
    ]);
  });
});

describe('the error for an invalid document', () => {
  it('reports all problems together, including unknown names and invalid fields in the same entry', () => {
    const problems = problemsWith(
      ['audience', 5],
      ['roles lake arn', 'nonsense'],
      ['buckets acme-lake', { role: 'other', region: 7 }],
      ['grants 0', { callers: [], allow: ['fly'], bucket: 'elsewhere' }],
    );
    for (const field of [
      'audience',
      'roles.lake.arn',
      'buckets.acme-lake.role',
      'buckets.acme-lake.region',
      'grants[0].callers',
      'grants[0].allow[0]',
      'grants[0].bucket',
    ]) {
      assert.ok(
        problems.some((problem) => problem.startsWith(`${field}: `)),
        field,
      );
    }
    assert.equal(problems.length, 7);
  });
});
