// Whatever a document contains, reading it yields either a configuration or a ConfigError that is short enough for a terminal.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { sampleWith } from './sample.ts';

function assertReadOrRejected(text: string): void {
  try {
    readConfigDocument(text, {});
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(error.problems.length > 0);
    // All values in the sample are short, so a rule's description could reach 600 characters only if it contained a copy of the
    // document.
    for (const { rule } of error.problems) assert.ok(rule.length < 600, rule);
    assert.doesNotMatch(error.message, /[\p{Cc}--\n]/v);
  }
}

const marks = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  "'",
  '\n',
  '\n  ',
  '- ',
  '&a ',
  '*a',
  '!x ',
  '#',
  '? ',
  '| ',
  '%',
  '\t',
  '\0',
];

describe('the configuration reader', () => {
  it('accepts or cleanly rejects a sample document after random insertions and deletions', () => {
    const sample = sampleWith();
    const edit = fc.tuple(
      fc.nat(sample.length),
      fc.nat(12),
      fc.oneof(fc.constantFrom(...marks), fc.string({ unit: 'binary' })),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = sample;
        for (const [start, length, piece] of edits)
          text = text.slice(0, start) + piece + text.slice(start + length);
        assertReadOrRejected(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('accepts or cleanly rejects a sample document with an arbitrary JSON value in any field', () => {
    const fields = [
      'audience',
      'aws',
      'identity',
      'roles lake',
      'roles lake then',
      'buckets acme-lake',
      'grants 0',
      'grants',
      'cors',
      'limits',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        assertReadOrRejected(sampleWith([field, value]));
      }),
      { numRuns: 1000 },
    );
  });
});
