// Unit tests of the IAM evaluator: patterns, conditions, and policies that IAM rejects.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, MalformedPolicy, readPolicy } from '../../src/sandbox/iam/policy.ts';

const policyOf = (statement: object, version = '2012-10-17') =>
  readPolicy(
    JSON.stringify({
      Version: version,
      Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...statement },
    }),
    'identity',
  );

function decide(
  statement: object,
  resource = 'arn:aws:s3:::b/k',
  context: Record<string, string[]> = {},
  version?: string,
) {
  return evaluate(policyOf(statement, version), {
    action: 's3:GetObject',
    resource,
    context: new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values])),
  });
}

test("wildcards, escapes and variables in a policy's resources match as in IAM", () => {
  const cases: readonly (readonly [pattern: string, key: string, fits: boolean])[] = [
    ['*', 'anything/at?all', true],
    ['a*c', 'a/b/c', true],
    ['a?c', 'a\u{1F600}c', true],
    ['a?c', 'ac', false],
    ['a${*}c', 'a*c', true],
    ['a${*}c', 'abc', false],
    ['a${?}c', 'a?c', true],
    ['${$}{x}', '${x}', true],
    ['home/${aws:PrincipalTag/team}/*', 'home/data/x', true],
    ['home/${aws:PrincipalTag/none}/*', 'home//x', false],
    [`${'*a'.repeat(30)}b`, 'a'.repeat(200), false],
  ];
  for (const [pattern, key, fits] of cases) {
    const context = { 'aws:PrincipalTag/team': ['data'] };
    const decision = decide({ Resource: `arn:aws:s3:::b/${pattern}` }, `arn:aws:s3:::b/${key}`, context);
    assert.equal(decision, fits ? 'allowed' : 'not allowed', pattern);
  }
  assert.equal(
    decide({ Resource: 'arn:aws:s3:::b/${*}' }, 'arn:aws:s3:::b/*', {}, '2008-10-17'),
    'not allowed',
  );
});

test('actions in a policy match case-insensitively, and NotAction and NotResource match everything else', () => {
  assert.equal(decide({ Action: 'S3:getobject' }), 'allowed');
  assert.equal(decide({ Action: 's3:Get*' }), 'allowed');
  assert.equal(decide({ Action: undefined, NotAction: 's3:Get*' }), 'not allowed');
  assert.equal(decide({ Resource: undefined, NotResource: 'arn:aws:s3:::c/*' }), 'allowed');
});

test('a policy condition on a missing key is false with a positive operator and true with a negated operator', () => {
  const when = (Condition: object, context: Record<string, string[]> = {}) =>
    decide({ Condition }, undefined, context);
  const prefix = (value: string) => ({ 's3:prefix': [value] });
  assert.equal(when({ StringEquals: { 's3:prefix': ['', 'a/'] } }, prefix('')), 'allowed');
  assert.equal(when({ StringEquals: { 's3:prefix': '' } }), 'not allowed');
  assert.equal(when({ StringEquals: { 's3:prefix': 'a*' } }, prefix('ab')), 'not allowed');
  assert.equal(when({ StringLike: { 's3:prefix': 'a*' } }, prefix('ab')), 'allowed');
  assert.equal(when({ StringLike: { 's3:prefix': 'a${*}' } }, prefix('ab')), 'not allowed');
  assert.equal(when({ StringNotLike: { 's3:prefix': 'a*' } }), 'allowed');
  assert.equal(when({ StringEqualsIfExists: { 's3:prefix': 'a' } }), 'allowed');
  assert.equal(when({ Null: { 's3:prefix': 'true' } }), 'allowed');
  assert.equal(when({ Null: { 's3:prefix': false } }), 'not allowed');
  assert.equal(when({ NumericLessThanEquals: { 's3:max-keys': 10 } }, { 's3:max-keys': ['9'] }), 'allowed');
  assert.equal(when({ 'ForAnyValue:StringEquals': { k: ['a', 'b'] } }, { k: ['x', 'b'] }), 'allowed');
  assert.equal(when({ 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['x', 'b'] }), 'not allowed');
  assert.equal(when({ Bool: { k: true } }, { k: ['true'] }), 'allowed');
});

test('a policy that IAM would reject is reported as malformed', () => {
  const bad: readonly object[] = [
    { Effect: 'allow' },
    { Action: undefined },
    { Action: 'GetObject' },
    { Resource: 'b/k' },
    { Resource: [] },
    { Principal: '*' },
    { NotAction: 's3:*' },
    { Condition: { StringIs: { a: 'b' } } },
    { Unknown: 1 },
  ];
  for (const statement of bad)
    assert.throws(() => policyOf(statement), MalformedPolicy, JSON.stringify(statement));
  for (const text of ['', '[]', '{}', '{"Version":"2013-01-01","Statement":[]}', '{"Statement":[]}']) {
    assert.throws(() => readPolicy(text, 'identity'), MalformedPolicy, text);
  }
});
