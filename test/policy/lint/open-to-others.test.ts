// Statements for others than Google: `fedbridge trust-policy --lint` minds those alone that open the role to everybody.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GOOD, policy } from './policies.ts';
import { linted } from './program.ts';

const ACCOUNT = '123456789012';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ORGANISATION = { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' };

/** Beside a good statement, which is said nothing of. */
const saidOf = (changes: object) => {
  const { code, lines } = linted(policy(GOOD, { Effect: 'Allow', Action: 'sts:AssumeRole', ...changes }));
  return { code, lines };
};

describe('a statement for others is told of', () => {
  for (const [what, changes, said] of [
    [
      'NotPrincipal',
      { NotPrincipal: { AWS: ROOT } },
      [/^statement 2, NotPrincipal: trusts everybody but those that it names\. Name who may/],
    ],
    [
      'NotPrincipal and every action',
      { NotPrincipal: { AWS: ROOT }, Action: '*' },
      [/^statement 2, NotPrincipal: trusts everybody/, /Action: .* is a wildcard/, /pins neither/],
    ],
    [
      'NotAction',
      { Principal: { AWS: ROOT }, Action: undefined, NotAction: 'iam:*' },
      [/^statement 2, NotAction: allows everything but what it names\. Write /],
    ],
  ] as const) {
    it(what, () => {
      const { code, lines } = saidOf(changes);
      assert.deepEqual([code, lines.length], [1, said.length], lines.join('\n'));
      for (const [at, line] of lines.entries()) assert.match(line, said[at] ?? /^$/);
    });
  }

  for (const [what, Condition] of [
    ['how the request comes', { Bool: { 'aws:SecureTransport': 'true' } }],
    ['where it comes to', { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }],
    ['any principal', { StringLike: { 'aws:PrincipalArn': '*' } }],
    ['any principal of a list', { ArnLike: { 'aws:PrincipalArn': [ROOT, 'arn:aws:iam::*:role/reader'] } }],
    ['a principal that is its own', { StringEquals: { 'aws:PrincipalArn': '${aws:PrincipalArn}' } }],
    ['who may not', { StringNotEquals: ORGANISATION }],
    ['an organisation, if there is one', { StringEqualsIfExists: ORGANISATION }],
    ['all organisations of none', { 'ForAllValues:StringEquals': ORGANISATION }],
    ['that there is an organisation', { Null: { 'aws:PrincipalOrgID': 'false' } }],
  ] as const) {
    it(`"*" with a condition that says ${what}`, () => {
      for (const Principal of ['*', { AWS: '*' }]) {
        const { code, lines } = saidOf({ Principal, Condition });
        assert.deepEqual([code, lines.length], [1, 1], lines.join('\n'));
        assert.match(lines[0] ?? '', /^statement 2, Principal: is "\*" without any condition that says who/);
      }
    });
    it(`"*" and sts:* with a condition that says ${what}, by the rules for Google's tokens`, () => {
      for (const Principal of ['*', { AWS: '*' }, { Federated: '*' }]) {
        const { code, lines } = saidOf({ Principal, Action: 'sts:*', Condition });
        assert.equal(code, 1);
        assert.match(lines.join('\n'), /^statement 2, Principal: .* is a wildcard[^]*pins neither/);
      }
    });
  }
});

describe('nothing is said of "*" with a condition that names', () => {
  for (const [what, Condition] of [
    ['an organisation', { StringEquals: ORGANISATION }],
    ['a principal', { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/reader` } }],
    ['a principal by ArnLike', { ArnLike: { 'AWS:principalarn': [ROOT] } }],
    ['an account', { StringLike: { 'aws:PrincipalAccount': ACCOUNT } }],
    ['the account of a source', { StringEquals: { 'aws:SourceAccount': ACCOUNT } }],
    ['one beside others', { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: ORGANISATION }],
  ] as const) {
    it(what, () => {
      for (const Action of ['sts:AssumeRole', 'sts:*'])
        assert.deepEqual(saidOf({ Principal: '*', Action, Condition }), { code: 0, lines: [] });
    });
  }
  it('nor of an account that may do everything', () => {
    assert.deepEqual(saidOf({ Principal: { AWS: ROOT }, Action: 'sts:*' }), { code: 0, lines: [] });
  });
  it('nor of a Deny of everybody', () => {
    const denies = { Effect: 'Deny', Principal: '*', Action: 'sts:*' };
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    assert.deepEqual(saidOf({ ...denies, Condition }), { code: 0, lines: [] });
    assert.deepEqual(saidOf({ ...denies, Principal: undefined, NotPrincipal: { AWS: ROOT } }), {
      code: 0,
      lines: [],
    });
  });
});
