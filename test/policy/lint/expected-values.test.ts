// `fedbridge trust-policy --lint` compares a policy with an expected unique ID and audience.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUDIENCE, GOOD, pins, policy, statement, UNIQUE_ID } from './policies.ts';
import { linted } from './program.ts';

const ANOTHER_ID = '112010400000000710080';

describe('the trust policy lint, given an expected unique ID or audience', () => {
  const lintedWith = (...more: readonly string[]) => linted(policy(GOOD), ...more).lines;
  it('accepts a policy that matches the expected unique ID and audience', () => {
    assert.deepEqual(lintedWith('--unique-id', UNIQUE_ID, '--audience', AUDIENCE), []);
  });
  it('reports a different unique ID, for example because the account was re-created', () => {
    const lines = lintedWith('--unique-id', ANOTHER_ID);
    assert.deepEqual(
      lines.map((line) =>
        /^statement 1, (\S+): must be "(\d+)", but is "(\d+)"\. If the service account was deleted and re-created/
          .exec(line)
          ?.slice(1),
      ),
      ['accounts.google.com:aud', 'accounts.google.com:sub'].map((key) => [key, ANOTHER_ID, UNIQUE_ID]),
    );
  });
  it('reports a different audience', () => {
    const lines = lintedWith('--audience', 'other');
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /^statement 1, accounts\.google\.com:oaud: must be "other", but is "fedbridge"\./,
    );
  });
  it('reports a different unique ID as a note, not as a mistake, if another statement matches the expected one', () => {
    const other = statement({ Condition: pins({ ':aud': ANOTHER_ID, ':sub': ANOTHER_ID }) });
    const { code, lines } = linted(policy(GOOD, other), '--unique-id', ANOTHER_ID);
    assert.deepEqual([code, lines.length], [0, 1]);
    assert.match(
      lines[0] ?? '',
      new RegExp(`^Note: statement 1: trusts "${UNIQUE_ID}" in addition to "${ANOTHER_ID}"\\.`),
    );
  });
  it('notes each additional unique ID and audience', () => {
    const more = ['9'.repeat(21), '8'.repeat(21)];
    const Condition = pins({
      ':aud': [UNIQUE_ID, ...more],
      ':sub': [...more, UNIQUE_ID],
      ':oaud': [AUDIENCE, 'https://public.example'],
    });
    const expected = ['--unique-id', UNIQUE_ID, '--audience', AUDIENCE];
    const { code, lines } = linted(policy(statement({ Condition })), ...expected);
    assert.deepEqual([code, lines.length], [0, 2], lines.join('\n'));
    assert.match(
      lines[0] ?? '',
      new RegExp(`^Note: statement 1: trusts "9{21}" and "8{21}" in addition to "${UNIQUE_ID}"\\.`),
    );
    assert.match(
      lines[1] ?? '',
      /^Note: statement 1, accounts\.google\.com:oaud: accepts tokens for "https:\/\/public\.example" in addition to "fedbridge"\./,
    );
  });
  it('notes each additional audience even if the unique ID does not match', () => {
    const Condition = pins({ ':oaud': ['fedbridge', 'other'] });
    const { code, lines } = linted(
      policy(statement({ Condition })),
      '--unique-id',
      ANOTHER_ID,
      '--audience',
      AUDIENCE,
    );
    assert.deepEqual([code, lines.length], [1, 3], lines.join('\n'));
    assert.match(lines[2] ?? '', /^Note: .*:oaud: accepts tokens for "other" in addition to "fedbridge"\./);
  });
  it('notes a statement for a different audience', () => {
    const other = statement({ Condition: pins({ ':oaud': 'https://public.example' }) });
    const { code, lines } = linted(policy(GOOD, other), '--audience', AUDIENCE);
    assert.deepEqual([code, lines.length], [0, 1]);
    assert.match(
      lines[0] ?? '',
      /^Note: statement 2, .*:oaud: accepts tokens for "https:\/\/public\.example"/,
    );
  });
});
