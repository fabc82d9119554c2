// Tests how the doctor compares a trust policy with a token, for claims that many of Google's tokens lack.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareWithTrust } from '../../src/doctor/trust-comparison.ts';
import { Fault } from '../../src/errors/fault.ts';
import { readIdentityToken } from '../../src/identity/identity-token.ts';
import { readTrustPolicy } from '../../src/policy/lint/document.ts';
import type { Role } from '../../src/config/types.ts';
import { AUDIENCE, by, pins, policy, statement, UNIQUE_ID } from '../policy/lint/policies.ts';

const E_MAIL = 'fedbridge@acme-prod.iam.gserviceaccount.com';
const ROLE = { name: 'lake', arn: 'arn:aws:iam::123456789012:role/lake' } as Role;

const tokenWith = (more: object) => {
  const claims = { aud: AUDIENCE, azp: UNIQUE_ID, sub: UNIQUE_ID, exp: 4_000_000_000, ...more };
  const parts = [{ alg: 'RS256' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return readIdentityToken([...parts, 'c2ln'].join('.'));
};

function causesOf(Condition: object, claims: object) {
  const read = readTrustPolicy(JSON.stringify(policy(statement({ Condition }))), 'file');
  assert.ok('statements' in read);
  const trust = { statements: read.statements };
  const fault = new Fault('sts_denied');
  return [...compareWithTrust({ step: 'role lake', role: ROLE, fault, token: tokenWith(claims), trust })];
}

describe('fedbridge doctor, given the trust policy', () => {
  for (const [what, condition, claims, found, fix] of [
    [
      'an email claim that the token lacks',
      pins({ ':email': E_MAIL }),
      {},
      `requires accounts.google.com:email "${E_MAIL}", but the bridge's token has no such claim`,
      /^Remove this condition: .*identity: \{ impersonate: EMAIL \}/,
    ],
    [
      "another account's email",
      pins({ ':email': 'another@acme-prod.iam.gserviceaccount.com' }),
      { email: E_MAIL },
      `requires accounts.google.com:email "another@acme-prod.iam.gserviceaccount.com", but the bridge's token has "${E_MAIL}"`,
      /^Remove this condition, or change its value to "fedbridge@/,
    ],
    [
      'an authentication method',
      by('ForAnyValue:StringEquals', { ':amr': 'mfa' }),
      { amr: ['pwd'] },
      'requires accounts.google.com:amr "mfa", but the bridge\'s token has "pwd"',
      /^Remove this condition, or change its value to "pwd"/,
    ],
    [
      'the organization number, which tokens of the metadata server lack',
      by('NumericEquals', { ':google/organization_number': 730195468210 }),
      { email: E_MAIL },
      'requires accounts.google.com:google/organization_number "730195468210", but the bridge\'s token has no such claim',
      /^Remove this condition: .*organizationNumberIncluded/,
    ],
  ] as const) {
    it(`compares ${what}`, () => {
      const [only, ...more] = causesOf(condition, claims);
      assert.deepEqual(more, []);
      assert.equal(only?.found, `cannot be assumed: its trust policy ${found}`);
      assert.match(only.fix ?? '', fix);
    });
  }

  it('reports no difference if the claims match', () => {
    const condition = {
      ...by('NumericEquals', { ':google/organization_number': '730195468210' }),
      StringLike: { 'accounts.google.com:email': E_MAIL },
      StringEqualsIfExists: { 'accounts.google.com:amr': 'mfa' },
    };
    const [only] = causesOf(condition, { email: E_MAIL, google: { organization_number: 730195468210 } });
    assert.match(only?.found ?? '', /amr also matches tokens without this claim/);
    const fitting = pins({ ':email': E_MAIL });
    assert.match(causesOf(fitting, { email: E_MAIL })[0]?.found ?? '', /matches the token/);
  });
});
