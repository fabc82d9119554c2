// Configuration problems are printed to a terminal, one per line. Each line is short and safe to print, whatever the document
// contains.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { type Change, sampleWith } from './sample.ts';

function messageWith(...changes: readonly Change[]): string {
  try {
    readConfigDocument(sampleWith(...changes), {});
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.name, 'ConfigError');
    return error.message;
  }
  assert.fail('no problem');
}

describe('the error message for an invalid configuration', () => {
  it('has a line for each problem, with the field, the rule, the value and the line number', () => {
    assert.equal(
      messageWith(['roles lake session', 'callr'], ['audience', undefined]),
      [
        'The configuration has 2 problems:',
        '  audience: is missing; it must be a string of 1 to 255 characters without spaces at either end.',
        '  roles.lake.session: must be one of caller, bridge, not "callr". (line 1)',
      ].join('\n'),
    );
  });
  it('does not begin with a count if there is only one problem', () => {
    assert.match(messageWith(['audience', undefined]), /^The configuration has a problem:\n {2}audience: /);
  });
  it('truncates long values after 80 characters without splitting surrogate pairs', () => {
    const message = messageWith(['buckets acme-lake region', '😀'.repeat(100_000)]);
    assert.match(message, new RegExp(`not "${'😀'.repeat(80)}…"`, 'u'));
    assert.ok(message.length < 400);
  });
  it('escapes characters in names and values that would move the cursor, or hide or reverse text', () => {
    const nasty = 'a\u001b[2J\r\n\u0007\u202e\u2028\u0085z';
    const escaped = 'a\\u{1b}[2J\\u{d}\\u{a}\\u{7}\\u{202e}\\u{2028}\\u{85}z';
    const message = messageWith(['buckets acme-lake region', nasty], [nasty, 1]);
    assert.equal(message.split(escaped).length, 3, message);
    assert.equal(message.split('\n').length, 3);
  });
  it('does not show passwords in URLs', () => {
    const message = messageWith([
      'buckets acme-lake endpoint',
      `https://user:${'s3cr3t'.repeat(50)}@s3.example`,
    ]);
    assert.doesNotMatch(message, /s3cr3t/);
  });
});
