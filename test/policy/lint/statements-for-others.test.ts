// Among statements for principals other than Google, `fedbridge trust-policy --lint` reports only those that open the
// role to everyone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GOOD, policy } from './policies.ts';
import { linted } from './program.ts';

const ACCOUNT = '123456789012';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ORGANIZATION = { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' };

/** Lints the statement together with a correct one, which has no findings. */
const findingsOf = (changes: object) => {
  const { code, lines } = linted(policy(GOOD, { Effect: 'Allow', Action: 'sts:AssumeRole', ...changes }));
  return { code, lines };
};

describe('a linted statement for principals other than Google', () => {
  for (const [what, changes, expected] of [
    [
      'NotPrincipal',
      { NotPrincipal: { AWS: ROOT } },
      [
        /^statement 2, NotPrincipal: trusts everyone except the listed principals\. Name the allowed principals/,
      ],
    ],
    [
      'NotPrincipal and every action',
      { NotPrincipal: { AWS: ROOT }, Action: '*' },
      [/^statement 2, NotPrincipal: trusts everyone/, /Action: .* is a wildcard/, /pins neither/],
    ],
    [
      'NotAction',
      { Principal: { AWS: ROOT }, Action: undefined, NotAction: 'iam:*' },
      [/^statement 2, NotAction: allows every action except the listed actions\. Write /],
    ],
  ] as const) {
    it(`with ${what} is reported`, () => {
      const { code, lines } = findingsOf(changes);
      assert.deepEqual([code, lines.length], [1, expected.length], lines.join('\n'));
      for (const [at, line] of lines.entries()) assert.match(line, expected[at] ?? /^$/);
    });
  }

  for (const [what, Condition] of [
    ['requires TLS', { Bool: { 'aws:SecureTransport': 'true' } }],
    ['names a region', { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }],
    ['allows any principal', { StringLike: { 'aws:PrincipalArn': '*' } }],
    [
      'allows any principal in a list',
      { ArnLike: { 'aws:PrincipalArn': [ROOT, 'arn:aws:iam::*:role/reader'] } },
    ],
    ['compares a principal with itself', { StringEquals: { 'aws:PrincipalArn': '${aws:PrincipalArn}' } }],
    ['excludes an organization', { StringNotEquals: ORGANIZATION }],
    ['requires an organization only if one exists', { StringEqualsIfExists: ORGANIZATION }],
    ['also matches without an organization', { 'ForAllValues:StringEquals': ORGANIZATION }],
    ['requires any organization', { Null: { 'aws:PrincipalOrgID': 'false' } }],
  ] as const) {
    it(`with "*" and a condition that ${what} is reported`, () => {
      for (const Principal of ['*', { AWS: '*' }]) {
        const { code, lines } = findingsOf({ Principal, Condition });
        assert.deepEqual([code, lines.length], [1, 1], lines.join('\n'));
        assert.match(
          lines[0] ?? '',
          /^statement 2, Principal: is "\*" without a condition that names principals/,
        );
      }
    });
    it(`with "*", sts:* and a condition that ${what} is also checked by the rules for Google's tokens`, () => {
      for (const Principal of ['*', { AWS: '*' }, { Federated: '*' }]) {
        const { code, lines } = findingsOf({ Principal, Action: 'sts:*', Condition });
        assert.equal(code, 1);
        assert.match(lines.join('\n'), /^statement 2, Principal: .* is a wildcard[^]*pins neither/);
      }
    });
  }
});

describe('a linted statement for principals other than Google', () => {
  for (const [what, Condition] of [
    ['an organization', { StringEquals: ORGANIZATION }],
    ['a principal', { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/reader` } }],
    ['a principal by ArnLike', { ArnLike: { 'AWS:principalarn': [ROOT] } }],
    ['an account', { StringLike: { 'aws:PrincipalAccount': ACCOUNT } }],
    ['a source account', { StringEquals: { 'aws:SourceAccount': ACCOUNT } }],
    [
      'an organization, and another condition',
      { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: ORGANIZATION },
    ],
  ] as const) {
    it(`with "*" and a condition that names ${what} is accepted`, () => {
      for (const Action of ['sts:AssumeRole', 'sts:*'])
        assert.deepEqual(findingsOf({ Principal: '*', Action, Condition }), { code: 0, lines: [] });
    });
  }
  it('that allows one account all STS actions is accepted', () => {
    assert.deepEqual(findingsOf({ Principal: { AWS: ROOT }, Action: 'sts:*' }), { code: 0, lines: [] });
  });
  it('that denies everyone is accepted', () => {
    const denies = { Effect: 'Deny', Principal: '*', Action: 'sts:*' };
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    assert.deepEqual(findingsOf({ ...denies, Condition }), { code: 0, lines: [] });
    assert.deepEqual(findingsOf({ ...denies, Principal: undefined, NotPrincipal: { AWS: ROOT } }), {
      code: 0,
      lines: [],
    });
  });
});
