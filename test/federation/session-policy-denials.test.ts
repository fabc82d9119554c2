// A session policy's Deny statements deny exactly those S3 requests that its Allow statements do not allow, even if other
// policies allow them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Action, Bucket, Grant, Scope } from '../../src/config/types.ts';
import { MAX_POLICY_CHARACTERS } from '../../src/config/aws-limits.ts';
import { compileAllowances, compilePolicy, sessionPolicies } from '../../src/policy/session-policy.ts';
import { evaluate, readPolicy } from '../../src/sandbox/iam/policy.ts';
import { bucketWith } from '../support/bucket.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const POINT = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/lake';

const lake = bucketWith();

const grant = (scope: Scope, allow: readonly Action[]): Grant => ({
  position: 0,
  callers: [],
  allow,
  bucket: 'acme-lake',
  scope,
});
const below = (prefix: string, ...allow: readonly Action[]): Grant =>
  grant({ kind: 'prefix', prefix }, allow);
const only = (key: string, ...allow: readonly Action[]): Grant => grant({ kind: 'key', key }, allow);
const all = (...allow: readonly Action[]): Grant => grant({ kind: 'bucket' }, allow);

const RIGHTS: Readonly<Record<string, readonly Grant[]>> = {
  'get on the bucket': [all('get')],
  'list on the bucket': [all('list')],
  'get and list on the bucket': [all('get', 'list')],
  'all rights on the bucket': [all('get', 'list', 'versions', 'tags', 'attributes')],
  'get and list on a prefix': [below('raw/public/', 'get', 'list')],
  'get on a prefix': [below('raw/public/', 'get')],
  'get on a key': [only('raw/one.csv', 'get')],
  'tags on a key': [only('raw/one.csv', 'tags')],
  'list on one prefix and versions on another': [
    below('raw/', 'list'),
    below('raw/public/', 'get', 'versions'),
  ],
  'get on a prefix and on a key': [below('raw/public/', 'get', 'list'), only('raw/one.csv', 'get')],
  'list on a prefix and versions only below it': [
    below('raw/', 'list'),
    below('raw/public/', 'list', 'versions'),
  ],
  'characters with a special meaning in policies': [
    below('a*b?c$d/', 'get', 'list'),
    only('${aws:username}', 'get'),
  ],
};

const ACTIONS = ['', 'Version'].flatMap((version) =>
  ['', 'Tagging', 'Attributes', 'Acl'].map((what) => `s3:GetObject${version}${what}`),
);
const WRITES = ['s3:PutObject', 's3:DeleteObject', 's3:PutBucketPolicy'];
const LISTS = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:GetBucketLocation',
];
const KEYS = [
  'raw/public/x',
  'raw/public/',
  'raw/public',
  'raw/private/x',
  'raw/one.csv',
  'raw/one.csvx',
  'x',
  'raw/private/object/raw/public/x',
  'a*b?c$d/x',
  'axxb?c$d/x',
  'aXb?c$d/x',
  '${aws:username}',
  'someone',
];

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly context: ReadonlyMap<string, readonly string[]>;
}

/** @returns requests for every action: on every key, with every prefix, and without a prefix (as in HEAD of a bucket) */
function requestsOn(arn: string, objectBase: string): Asked[] {
  return [
    ...[...ACTIONS, ...WRITES].flatMap((action) =>
      KEYS.map((key) => ({ action, resource: `${objectBase}/${key}`, context: new Map() })),
    ),
    ...[...LISTS, ...WRITES].flatMap((action) => [
      { action, resource: arn, context: new Map() },
      ...['', ...KEYS].map((prefix) => ({
        action,
        resource: arn,
        context: new Map([['s3:prefix', [prefix]]]),
      })),
    ]),
  ];
}

const bucketRequests = (name: string): Asked[] => requestsOn(`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}`);
const pointRequests = (arn: string): Asked[] => requestsOn(arn, `${arn}/object`);

const show = ({ action, resource, context }: Asked): string =>
  `${action} ${resource} ${context.get('s3:prefix')?.join() ?? ''}`;

/**
 * @returns the requests for which the whole policy leads to the wrong decision; it must explicitly deny everything that its
 * Allow statements do not allow
 */
function undecided(bucket: Bucket, grants: readonly Grant[], requests: readonly Asked[]): string[] {
  const whole = readPolicy(compilePolicy(bucket, grants), 'identity');
  const allow = readPolicy(compileAllowances(bucket, grants), 'identity');
  return requests
    .filter((asked) => {
      const wanted = evaluate(allow, asked) === 'allowed' ? 'allowed' : 'denied';
      return evaluate(whole, asked) !== wanted;
    })
    .map(show);
}

describe('a session policy', () => {
  for (const [what, grants] of Object.entries(RIGHTS)) {
    it(`for ${what} allows the granted reads and explicitly denies everything else in S3`, () => {
      const requests = [
        ...['acme-lake', 'acme-lake-2', 'other'].flatMap(bucketRequests),
        ...pointRequests(POINT),
        { action: 's3:ListAllMyBuckets', resource: 'arn:aws:s3:::*', context: new Map() },
      ];
      assert.deepEqual(undecided(lake, grants, requests), []);
    });

    it(`for ${what} through an access point denies all other requests through access points`, () => {
      const bucket = { ...lake, target: POINT };
      const others = [POINT.replace('/lake', '/other'), POINT.replace('123456789012', '210987654321')];
      assert.deepEqual(undecided(bucket, grants, [POINT, ...others].flatMap(pointRequests)), []);
    });

    it(`for ${what} through an access point does not deny allowed reads of the underlying bucket`, () => {
      const policy = readPolicy(compilePolicy({ ...lake, target: POINT }, grants), 'identity');
      const behind = bucketRequests('behind');
      const denied = pointRequests(POINT).flatMap((asked, index) => {
        const same = behind[index];
        assert.ok(same?.action === asked.action);
        const isBroken = evaluate(policy, asked) === 'allowed' && evaluate(policy, same) === 'denied';
        return isBroken ? [show(same)] : [];
      });
      assert.deepEqual(denied, []);
    });
  }

  it('does not deny the use of any KMS key', () => {
    for (const kmsKeys of [[], [KEY]]) {
      const policy = readPolicy(compilePolicy({ ...lake, kmsKeys }, [all('get')]), 'identity');
      const context = new Map([['kms:viaservice', ['s3.eu-west-1.amazonaws.com']]]);
      for (const action of ['kms:Decrypt', 'kms:GenerateDataKey'])
        for (const resource of [KEY, KEY.replace('1234abcd', 'dcba4321')])
          assert.notEqual(evaluate(policy, { action, resource, context }), 'denied', `${action} ${resource}`);
    }
  });

  it("names the role's partition in its Deny statements", () => {
    const role = { ...lake.role, arn: 'arn:aws-cn:iam::123456789012:role/lake' };
    const policy = compilePolicy({ ...lake, role }, [below('a/', 'get', 'list')]);
    assert.doesNotMatch(policy, /arn:aws:/);
  });

  it("has no Deny statements if they would make a single grant's policy too long", () => {
    const long = below(`${'a'.repeat(940)}/`, 'get');
    const policy = compilePolicy(lake, [long]);
    assert.equal(policy, compileAllowances(lake, [long]));
    assert.doesNotMatch(policy, /Deny/);
  });

  it('covers only the grant that allows the request if a policy for all grants, with Deny statements, would be too long', () => {
    const grants = Array.from({ length: 30 }, (_, i) => below(`partition-${i}/`, 'get'));
    const [decided] = grants;
    assert.ok(decided !== undefined);
    assert.ok(
      compileAllowances(lake, grants).length <= MAX_POLICY_CHARACTERS,
      'without Deny statements they would fit',
    );
    const policy = sessionPolicies()(lake, [decided], grants);
    assert.equal(policy, compilePolicy(lake, [decided]));
    assert.match(policy, /Deny/);
  });
});
