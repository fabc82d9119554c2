// `fedbridge trust-policy --lint` prints notes about conditions on claims that many of Google's tokens lack: email, amr and
// organization.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { by, GOOD, pins, policy, statement } from './policies.ts';
import { linted } from './program.ts';

const E_MAIL = 'fedbridge@acme-prod.iam.gserviceaccount.com';
const ORGANIZATION = 730195468210;
const deny = (Condition: object) => ({ ...GOOD, Effect: 'Deny', Condition });

const onlyLine = (document: object, code: number): string => {
  const outcome = linted(document);
  assert.deepEqual([outcome.code, outcome.lines.length], [code, 1], outcome.lines.join('\n'));
  return outcome.lines[0] ?? '';
};

describe('the trust policy lint', () => {
  const PAGES = 'the IAM user guide lists this key, but the service authorization reference does not';
  for (const [what, document, expected] of [
    [
      'on the email, which is not unique over time',
      policy(statement({ Condition: pins({ ':email': E_MAIL }) })),
      `^Note: statement 1, StringEquals .*:email: matches only tokens with this claim, and AWS's documentation is inconsistent: ${PAGES}\\. Keep the condition on :sub: a service account that is deleted and re-created has the same email but a different unique ID\\.`,
    ],
    [
      'on a pattern of emails, if :sub is pinned',
      policy(statement({ Condition: by('StringLike', { ':email': '*@acme-prod.iam.gserviceaccount.com' }) })),
      '^Note: .*:email: matches only tokens with this claim',
    ],
    [
      'on amr',
      policy(statement({ Condition: by('ForAnyValue:StringEquals', { ':amr': 'mfa' }) })),
      `^Note: .*:amr: matches only tokens with this claim, and AWS's documentation is inconsistent: ${PAGES}\\. Remove this condition\\. No service account token`,
    ],
    [
      'on the organization',
      policy(statement({ Condition: by('NumericEquals', { ':google/organization_number': ORGANIZATION }) })),
      '^Note: .*number: matches only tokens with this claim, and .* the service authorization reference lists this key, but the IAM user guide does not\\. .*organizationNumberIncluded',
    ],
    [
      'on an email in a Deny of all others, which also denies tokens without the claim',
      policy(GOOD, deny({ StringNotEquals: { 'accounts.google.com:email': E_MAIL } })),
      '^Note: statement 2, StringNotEquals .*:email: also denies tokens without this claim, and',
    ],
    [
      'on an email in a Deny of one, which denies only tokens with the claim',
      policy(GOOD, deny({ StringEquals: { 'accounts.google.com:email': E_MAIL } })),
      '^Note: statement 2, StringEquals .*:email: denies only tokens with this claim, and',
    ],
    [
      'that requires tokens without the claim',
      policy(statement({ Condition: { ...pins({}), Null: { 'accounts.google.com:email': 'true' } } })),
      '^Note: .*:email: matches only tokens without this claim, and',
    ],
    [
      'that requires tokens with the claim',
      policy(statement({ Condition: { ...pins({}), Null: { 'accounts.google.com:email': 'false' } } })),
      '^Note: .*:email: matches only tokens with this claim, and',
    ],
  ] as const) {
    it(`notes a condition ${what}`, () => {
      assert.match(onlyLine(document, 0), new RegExp(expected));
    });
  }

  it('notes a condition on a claim, but still requires a pinned :sub', () => {
    for (const pinned of [
      pins({ ':sub': undefined, ':email': E_MAIL }),
      by('NumericEquals', { ':sub': undefined, ':google/organization_number': ORGANIZATION }),
    ]) {
      const { code, lines } = linted(policy(statement({ Condition: JSON.parse(JSON.stringify(pinned)) })));
      assert.equal(code, 1);
      assert.ok(
        lines.some((line) => line.startsWith('statement 1: does not pin accounts.google.com:sub: ')),
        lines.join('\n'),
      );
    }
  });
});
