// Configuration documents that are invalid YAML, or that contain values that a YAML parser would change. Every error shows its
// position in the document.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { LARGEST_DOCUMENT_BYTES } from '../../src/config/read-file.ts';
import { assertOneProblem, problemsOf } from './sample.ts';

const YAML = `audience: https://lake-bridge.example
aws: { region: eu-west-1 }
roles:
  lake:
    arn: arn:aws:iam::123456789012:role/gcp-lake-read
buckets:
  acme-lake:
    role: lake
grants:
  - callers: [reader@example.com]
    allow: [get, list]
    bucket: acme-lake
`;

const problemsIn = (text: string) => problemsOf(() => readConfigDocument(text, {}));
const linesIn = (text: string): (number | undefined)[] => {
  try {
    readConfigDocument(text, {});
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line }) => line);
  }
  return [];
};

describe('a configuration value that YAML does not read as text', () => {
  for (const [name, from, to, problem] of [
    [
      'a unique ID',
      'reader@example.com',
      '112010400000000710080',
      /not the number 112010400000000710080\. Put the value in quotes/,
    ],
    [
      'an account number that looks octal',
      'role: lake',
      'role: lake\n    expectedOwner: 012345670123',
      /not the number 012345670123\. Put the value in quotes/,
    ],
    [
      'an octal number',
      'role: lake',
      'role: 0o17',
      /^buckets\.acme-lake\.role: .*not the number 0o17\. Put the value in quotes/,
    ],
    ['a boolean', 'role: lake', 'role: true', /not the boolean true\. Put the value in quotes/],
    ['an empty value', 'role: lake', 'role:', /^buckets\.acme-lake\.role: .*not empty/],
    ['a null', 'role: lake', 'role: ~', /^buckets\.acme-lake\.role: .*not empty/],
  ] as const) {
    it(`is rejected, and the error shows it as written: ${name}`, () => {
      assertOneProblem(problemsIn(YAML.replace(from, to)), problem);
    });
  }
});

describe('a configured name that other YAML parsers would change', () => {
  it('is left unchanged if it is an all-digit bucket name with a leading zero', () => {
    const config = readConfigDocument(
      YAML.replaceAll('acme-lake', '0123').replace('bucket: 0123', 'bucket: "0123"'),
      {},
    );
    assert.deepEqual([...config.buckets.keys()], ['0123']);
  });
  it('is left unchanged if it is the role name "no", even with a YAML 1.1 directive', () => {
    const text = YAML.replace('lake:\n    arn', 'no:\n    arn').replace('role: lake', 'role: no');
    assert.deepEqual([...readConfigDocument(`%YAML 1.1\n---\n${text}`, {}).roles.keys()], ['no']);
  });
});

describe('YAML syntax errors', () => {
  for (const [name, text, problem] of [
    [
      'a duplicate field',
      `${YAML}audience: https://other.example\n`,
      /^line 13, column 1: Map keys must be unique: "audience"\. Keep only one/,
    ],
    ['a duplicate role', YAML.replace('buckets:', '  lake: {}\nbuckets:'), /^line 6, column 3: .*"lake"/],
    [
      'a missing closing quote',
      YAML.replace('audience: ', 'audience: "'),
      /^line 13, column 1: Missing closing "quote/,
    ],
    [
      'a wrong indent',
      YAML.replace('    role: lake', '   role: lake\n    target: x'),
      /^line 8, column \d+: /,
    ],
    [
      'a reserved character',
      YAML.replace('reader@', '@'),
      /^line 10, column 15: .*reserved character @\. Put the value in quotes/,
    ],
    [
      'a wildcard, which YAML reads as an alias',
      YAML.replace('reader@example.com', '*@example.com'),
      /^line 10, column 15: "\*@example\.com" refers to an anchor that is not defined/,
    ],
    [
      'a second document',
      `${YAML}---\n${YAML}`,
      /^line 13, column 1: Source contains multiple documents\. Keep only one/,
    ],
    [
      'an unknown tag',
      YAML.replace('role: lake', 'role: !secret lake'),
      /^line 8, column 11: Unresolved tag: !secret/,
    ],
    ['a prototype', `${YAML}__proto__: {}\n`, /^line 13, column 1: "__proto__" is not a valid field name/],
    ['an empty document', '', /^the document: must be a map of fields, not empty/],
    ['a list', '- a\n', /^the document: must be a map of fields, not a list/],
  ] as const) {
    it(`are reported with their position: ${name}`, () => {
      assert.match(problemsIn(text)[0] ?? 'no problem', problem);
    });
  }

  it('are reported in a few lines if the text is not YAML', () => {
    const problems = problemsIn(readFileSync(import.meta.filename, 'utf8'));
    assert.ok(problems.length > 5 && problems.length < 30, String(problems.length));
    assert.match(problems.at(-1) ?? '', /^the document: has \d+ more errors like these\. /);
    // Five errors are within the limit for error messages, so all of them are reported.
    assert.equal(problemsIn(`${YAML}${'audience: x\n'.repeat(5)}`).length, 5);
  });

  it('do not suggest removing a field if the document is empty', () => {
    assert.doesNotMatch(problemsIn('')[0] ?? '', /the field/);
  });

  it('are reported without revealing a secret next to them', () => {
    for (const hop of [
      'externalId: "s3cr3t',
      'externalId: "x" s3cr3t',
      'externalId: | s3cr3t',
      '{arn: x, externalId s3cr3t}',
      'externalId s3cr3t',
    ]) {
      const problems = problemsIn(
        YAML.replace('role/gcp-lake-read', `role/gcp-lake-read\n    then:\n      - ${hop}`),
      );
      assert.notDeepEqual(problems, []);
      assert.doesNotMatch(problems.join('\n'), /s3cr3t/, hop);
    }
  });
  it('do not prevent the report of problems in fields that can still be read', () => {
    const problems = problemsIn(
      `${YAML.replace('role: lake', 'role: laek')}audience: https://other.example\n`,
    );
    assert.equal(problems.length, 2);
    assert.match(problems[1] ?? '', /Did you mean "lake"/);
  });
});

describe('a configuration problem', () => {
  it('is reported with its line number for an invalid value, a missing field or an unknown field', () => {
    const text = YAML.replace('role: lake', 'role: laek\n    tarqet: x').replace(
      '    allow: [get, list]\n',
      '',
    );
    assert.deepEqual(linesIn(text), [8, 9, 11]);
  });
});

describe('YAML aliases', () => {
  it('are replaced by the values of their anchors', () => {
    const text = YAML.replace('callers: [', 'callers: &team [').concat('operators: *team\n');
    assert.deepEqual(readConfigDocument(text, {}).operators, [
      { kind: 'email', email: 'reader@example.com' },
    ]);
  });
  it('cannot expand without limit', () => {
    const rows = Array.from(
      { length: 12 },
      (_, row) =>
        `x${row}: &x${row} [${Array(9)
          .fill(row === 0 ? 'x' : `*x${row - 1}`)
          .join()}]`,
    );
    assertOneProblem(problemsIn(`${rows.join('\n')}\n`), /^the document: uses too many aliases/);
  });
  it('are rejected if there are thousands of them', () => {
    const text = YAML.replace('reader@example.com', `&a reader@example.com${', *a'.repeat(5000)}`);
    assertOneProblem(problemsIn(text), /^the document: uses too many aliases/);
  });
  it('inside their own anchor are rejected', () => {
    assert.notDeepEqual(problemsIn(`${YAML}operators: &a [*a]\n`), []);
  });
});

describe('a configuration document', () => {
  it('is rejected if its text is larger than 1 MiB', () => {
    const room = LARGEST_DOCUMENT_BYTES - YAML.length - 1;
    assert.deepEqual(problemsIn(`${YAML}#${'x'.repeat(room)}`), []);
    assertOneProblem(
      problemsIn(`${YAML}#${'x'.repeat(room + 1)}`),
      /^the document: must be at most 1,048,576 bytes/,
    );
  });
  it('is rejected with a message if it is nested too deeply', () => {
    assert.notDeepEqual(problemsIn(`audience: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`), []);
  });
});
