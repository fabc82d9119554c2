// `fedbridge trust-policy --lint` accepts correct policies, prints notes, and reports mistakes that concern a whole
// policy.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUDIENCE, by, GOOD, pins, policy, statement, UNIQUE_ID } from './policies.ts';
import { linted } from './program.ts';

const NOTHING = { code: 0, stdout: '', stderr: '', lines: [] };
const ANOTHER_ID = '112010400000000710080';

const GITHUBS = {
  Effect: 'Allow',
  Principal: {
    Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
  },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:acme/lake:*' } },
};
const ADMINISTRATORS = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:root' },
  Action: ['sts:AssumeRole', 'sts:TagSession'],
  Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
};

describe('the trust policy lint', () => {
  for (const [what, document] of [
    ['the correct policy', policy(GOOD)],
    ['a single statement instead of a list', { Version: '2012-10-17', Statement: GOOD }],
    [
      'a case-insensitive comparison',
      policy(statement({ Condition: by('StringEqualsIgnoreCase', { ':oaud': AUDIENCE }) })),
    ],
    [
      'StringLike without a pattern',
      policy(statement({ Condition: by('StringLike', { ':aud': UNIQUE_ID }) })),
    ],
    [
      'the prefix ForAnyValue',
      policy(statement({ Condition: by('ForAnyValue:StringEquals', { ':oaud': AUDIENCE }) })),
    ],
    [
      'keys in a different case',
      policy(statement({ Condition: pins({ ':aud': undefined, 'Accounts.Google.com:AUD': UNIQUE_ID }) })),
    ],
    [
      'two accounts',
      policy(
        statement({ Condition: pins({ ':aud': [UNIQUE_ID, ANOTHER_ID], ':sub': [ANOTHER_ID, UNIQUE_ID] }) }),
      ),
    ],
    [
      'an audience with a question mark',
      policy(statement({ Condition: pins({ ':oaud': 'https://sts.example/?a' }) })),
    ],
    [
      'further conditions',
      policy(statement({ Condition: { ...pins({}), StringLike: { 'sts:RoleSessionName': '*@acme-prod' } } })),
    ],
    [
      'a condition that only vended sessions meet',
      policy(statement({ Condition: { ...pins({}), StringLike: { 'sts:RoleSessionName': 'vend=*' } } })),
    ],
    [
      'a condition that excludes vended sessions by name',
      policy(statement({ Condition: { ...pins({}), StringNotLike: { 'sts:RoleSessionName': 'vend=*' } } })),
    ],
    ['statements for other principals', policy(GITHUBS, GOOD, ADMINISTRATORS)],
    [
      'a Deny of all others',
      policy(GOOD, {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sts:*',
        Condition: { StringNotEquals: { 'accounts.google.com:sub': UNIQUE_ID } },
      }),
    ],
  ] as const) {
    it(`accepts ${what}`, () => {
      assert.deepEqual(linted(document), NOTHING);
    });
  }
});

describe('the trust policy lint', () => {
  for (const [what, Condition, expected] of [
    [
      'a source address',
      { ...pins({}), IpAddress: { 'aws:SourceIp': '203.0.113.7/32' } },
      /^Note: statement 1, IpAddress aws:SourceIp: .*static address\. On Google Cloud, this requires VPC egress for all traffic, and Cloud NAT\.$/,
    ],
    [
      'a VPC endpoint',
      pins({ 'aws:SourceVpce': 'vpce-1a2b3c4d' }),
      /^Note: statement 1, .*aws:SourceVpce: .*VPC endpoint\./,
    ],
    [
      'a Null condition that requires an identity claim',
      { ...pins({}), Null: { 'accounts.google.com:sub': 'false' } },
      /^Note: statement 1, Null .*:sub: requires only that the claim exists\./,
    ],
    [
      'a literal session name',
      pins({ 'sts:RoleSessionName': '*@acme-prod' }),
      /^Note: statement 1, .*sts:RoleSessionName: excludes vended credentials, .*begin with "vend="\. If .*"vend=\*" with StringLike\.$/,
    ],
    [
      'a pattern of session names that no vended session matches',
      { ...pins({}), StringLike: { 'sts:RoleSessionName': 'reader@*' } },
      /^Note: statement 1, .*sts:RoleSessionName: excludes vended credentials,/,
    ],
  ] as const) {
    it(`reports ${what} as a note, not as a mistake`, () => {
      const { code, lines } = linted(policy(statement({ Condition })));
      assert.deepEqual([code, lines.length], [0, 1]);
      assert.match(lines[0] ?? '', expected);
    });
  }
});

describe('the trust policy lint', () => {
  const onlyLine = (document: object) => {
    const { code, lines } = linted(document);
    assert.deepEqual([code, lines.length], [1, 1], lines.join('\n'));
    return lines[0] ?? '';
  };
  it('reports that no statement trusts Google, for example in the trust policy of a later role in a chain', () => {
    assert.match(
      onlyLine(policy(ADMINISTRATORS)),
      /^Statement: must trust Google's tokens, but no statement does\. .*--hop N/,
    );
  });
  it('reports that every AWS account can assume the role', () => {
    const open = { Sid: 'Open', Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' };
    assert.match(
      onlyLine(policy(GOOD, open)),
      /^statement 2 \(Open\), Principal: is "\*" without a condition that names principals/,
    );
  });
  it('reports a Deny statement that matches every token, or no token', () => {
    const deny = (Condition: object) => ({ ...GOOD, Effect: 'Deny', Condition });
    const outsiders = deny({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } });
    assert.match(onlyLine(policy(GOOD, outsiders)), /^statement 2, .*aws:PrincipalOrgID: .* always matches/);
    const others = deny({ StringNotEquals: { 'accounts.google.com:aud': 'fedbridge' } });
    assert.match(
      onlyLine(policy(GOOD, others)),
      /^statement 2, StringNotEquals .*:aud: .* is not a unique ID/,
    );
  });
  it('escapes control characters in quoted values', () => {
    const line = onlyLine(
      policy(statement({ Sid: 'a\u001b[2Jb', Condition: pins({ ':aud': 'x\u001b[2J\ny' }) })),
    );
    assert.match(line, /^statement 1 \(a\\u\{1b\}\[2Jb\), .*"x\\u\{1b\}\[2J\\u\{a\}y"/);
  });
});
