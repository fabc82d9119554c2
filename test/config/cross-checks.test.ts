// What the parts of a document say about each other.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Change, assertOneProblem, problemsWith } from './sample.ts';

const ARN = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const grant = { callers: ['a@example.com'], allow: ['get'], bucket: 'acme-lake' };

const REFUSED: readonly (readonly [claim: string, changes: readonly Change[], problem: RegExp])[] = [
  [
    'aws.region is needed somewhere',
    [['aws region', undefined]],
    /^aws\.region: is missing.*or set AWS_REGION/,
  ],
  [
    'the audiences differ',
    [['audience', 'fedbridge']],
    /^audience: must differ from aws\.audience, which is "fedbridge" too/,
  ],
  [
    'each of several audiences differs',
    [['audience', ['https://a.example', 'fedbridge']]],
    /^audience: must differ/,
  ],
  [
    'the audience differs from the default of the other',
    [
      ['audience', 'fedbridge'],
      ['aws audience', undefined],
    ],
    /^audience: must differ/,
  ],
  ['a role has a plain name', [['roles la/ke', { arn: `${ARN}2` }]], /^roles\."la\/ke": must be called by/],
  [
    'roles do not overlap',
    [['roles copy', { arn: ARN, duration: '15m' }]],
    /^roles\.copy: overlaps roles\.lake: .*Keep one of the two/,
  ],
  [
    'roles with no further hops, written or not, overlap',
    [['roles copy', { arn: ARN, then: [] }]],
    /^roles\.copy: overlaps roles\.lake/,
  ],
  [
    "a bucket's role exists",
    [['buckets acme-lake role', 'laek']],
    /^buckets\.acme-lake\.role: must be the name of a role, not "laek"\. Did you mean "lake"\?/,
  ],
  [
    "a bucket's role is no inherited property",
    [['buckets acme-lake role', 'constructor']],
    /^buckets\.acme-lake\.role: .*Add it under `roles`/,
  ],
  [
    "a grant's bucket exists",
    [['grants 0 bucket', 'acme-lak']],
    /^grants\[0\]\.bucket: .*not "acme-lak"\. Did you mean "acme-lake"\?/,
  ],
  [
    'region and access point agree',
    [
      ['buckets acme-lake target', 'arn:aws:s3:eu-west-1:123456789012:accesspoint/lake'],
      ['buckets acme-lake region', 'us-east-2'],
    ],
    /^buckets\.acme-lake\.region: must be the region in target, eu-west-1/,
  ],
  [
    'a grant has a prefix or a key',
    [['grants 0', { ...grant, prefix: 'a/', key: 'a/b' }]],
    /^grants\[0\]\.key: must not stand beside prefix/,
  ],
  [
    'a grant of one key lists nothing',
    [['grants 0', { ...grant, allow: ['get', 'list'], key: 'a/b' }]],
    /^grants\[0\]\.allow\[1\]: must not be list/,
  ],
  [
    'an action is allowed once',
    [['grants 0 allow', ['get', 'list', 'get']]],
    /^grants\[0\]\.allow\[2\]: must not repeat "get"/,
  ],
  [
    'one caller has no more than all',
    [['limits', { inFlight: 10, perCaller: 11 }]],
    /^limits\.perCaller: must be at most limits\.inFlight, which is 10, not 11/,
  ],
  [
    'one caller has no more than all by default',
    [['limits perCaller', 1001]],
    /^limits\.perCaller: .*which is 1000/,
  ],
];

describe('refused unless', () => {
  for (const [claim, changes, problem] of REFUSED) {
    it(claim, () => {
      assertOneProblem(problemsWith(...changes), problem);
    });
  }
});

describe('an empty map', () => {
  it('of roles or of buckets serves nothing and is refused', () => {
    assert.deepEqual(problemsWith(['roles', {}], ['buckets', {}], ['grants', []]), [
      'roles: must have at least one entry.',
      'buckets: must have at least one entry.',
    ]);
  });
});

describe('all at once', () => {
  it('unknown names are told beside broken fields of the same entry', () => {
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
