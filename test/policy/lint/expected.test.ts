// What `fedbridge trust-policy --lint` says of a policy beside the unique ID and the audience that it is given.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUDIENCE, GOOD, pins, policy, statement, UNIQUE_ID } from './policies.ts';
import { linted } from './program.ts';

const ANOTHER_ID = '112010400000000710080';

describe('it is compared with what is given:', () => {
  const lintedWith = (...more: readonly string[]) => linted(policy(GOOD), ...more).lines;
  it('both fit', () => {
    assert.deepEqual(lintedWith('--unique-id', UNIQUE_ID, '--audience', AUDIENCE), []);
  });
  it('another unique ID, as of an account that was made again', () => {
    const lines = lintedWith('--unique-id', ANOTHER_ID);
    assert.deepEqual(
      lines.map((line) =>
        /^statement 1, (\S+): must be "(\d+)", and is "(\d+)"\. A service account that was made again/
          .exec(line)
          ?.slice(1),
      ),
      ['accounts.google.com:aud', 'accounts.google.com:sub'].map((key) => [key, ANOTHER_ID, UNIQUE_ID]),
    );
  });
  it('another audience', () => {
    const lines = lintedWith('--audience', 'other');
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /^statement 1, accounts\.google\.com:oaud: must be "other", and is "fedbridge"\./,
    );
  });
  it('one of several statements fits', () => {
    const other = statement({ Condition: pins({ ':aud': ANOTHER_ID, ':sub': ANOTHER_ID }) });
    const { code, lines } = linted(policy(GOOD, other), '--unique-id', ANOTHER_ID);
    assert.deepEqual([code, lines.length], [0, 1]);
    assert.match(
      lines[0] ?? '',
      new RegExp(`^Note: statement 1: trusts "${UNIQUE_ID}" beside "${ANOTHER_ID}"\\.`),
    );
  });
  it('each value beyond what is expected', () => {
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
      new RegExp(`^Note: statement 1: trusts "9{21}" and "8{21}" beside "${UNIQUE_ID}"\\.`),
    );
    assert.match(
      lines[1] ?? '',
      /^Note: statement 1, accounts\.google\.com:oaud: takes tokens for "https:\/\/public\.example" beside "fedbridge"\./,
    );
  });
  it('each value beyond it, where another key does not fit', () => {
    const Condition = pins({ ':oaud': ['fedbridge', 'other'] });
    const { code, lines } = linted(
      policy(statement({ Condition })),
      '--unique-id',
      ANOTHER_ID,
      '--audience',
      AUDIENCE,
    );
    assert.deepEqual([code, lines.length], [1, 3], lines.join('\n'));
    assert.match(lines[2] ?? '', /^Note: .*:oaud: takes tokens for "other" beside "fedbridge"\./);
  });
  it('a statement for another audience', () => {
    const other = statement({ Condition: pins({ ':oaud': 'https://public.example' }) });
    const { code, lines } = linted(policy(GOOD, other), '--audience', AUDIENCE);
    assert.deepEqual([code, lines.length], [0, 1]);
    assert.match(lines[0] ?? '', /^Note: statement 2, .*:oaud: takes tokens for "https:\/\/public\.example"/);
  });
});
