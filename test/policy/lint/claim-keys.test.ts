// `fedbridge trust-policy --lint` on the keys of claims that many of Google's tokens lack: the e-mail, amr and the organization.
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

describe('a condition on a claim that many tokens lack is a note', () => {
  const PAGES = 'the IAM user guide lists this key, and the service authorization reference does not';
  for (const [what, document, said] of [
    [
      'on the e-mail, which is not unique over time',
      policy(statement({ Condition: pins({ ':email': E_MAIL }) })),
      `^Note: statement 1, StringEquals .*:email: is met only by tokens with this claim, and AWS's pages differ: ${PAGES}\\. .*created again under the same e-mail, with another unique ID: keep :sub\\.`,
    ],
    [
      'on a pattern of e-mails, as :sub is pinned',
      policy(statement({ Condition: by('StringLike', { ':email': '*@acme-prod.iam.gserviceaccount.com' }) })),
      '^Note: .*:email: is met only by tokens with this claim',
    ],
    [
      'on amr',
      policy(statement({ Condition: by('ForAnyValue:StringEquals', { ':amr': 'mfa' }) })),
      `^Note: .*:amr: is met only by tokens with this claim, and AWS's pages differ: ${PAGES}\\. Remove it\\. Tokens of service accounts`,
    ],
    [
      'on the organization',
      policy(statement({ Condition: by('NumericEquals', { ':google/organization_number': ORGANIZATION }) })),
      '^Note: .*number: is met only by tokens with this claim, and .* the service authorization reference lists this key, and the IAM user guide does not\\. .*organizationNumberIncluded',
    ],
    [
      'in a Deny of all others, which also denies tokens without it',
      policy(GOOD, deny({ StringNotEquals: { 'accounts.google.com:email': E_MAIL } })),
      '^Note: statement 2, StringNotEquals .*:email: also denies tokens without this claim, and',
    ],
    [
      'in a Deny of one, which tokens without it escape',
      policy(GOOD, deny({ StringEquals: { 'accounts.google.com:email': E_MAIL } })),
      '^Note: statement 2, StringEquals .*:email: does not deny tokens without this claim, and',
    ],
    [
      'that the token must lack',
      policy(statement({ Condition: { ...pins({}), Null: { 'accounts.google.com:email': 'true' } } })),
      '^Note: .*:email: is met only by tokens without this claim, and',
    ],
    [
      'that the token must have',
      policy(statement({ Condition: { ...pins({}), Null: { 'accounts.google.com:email': 'false' } } })),
      '^Note: .*:email: is met only by tokens with this claim, and',
    ],
  ] as const) {
    it(what, () => {
      assert.match(onlyLine(document, 0), new RegExp(said));
    });
  }

  it('and none of them replaces the pin of :sub', () => {
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
