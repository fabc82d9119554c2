// The text of a configuration: what YAML would mangle, what is no YAML, and where in the text a fault stands.
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

describe('a value that YAML does not read as text is refused with its own letters', () => {
  for (const [name, from, to, problem] of [
    [
      'a unique ID',
      'reader@example.com',
      '112010400000000710080',
      /not the number 112010400000000710080\. Quote it/,
    ],
    [
      'an account number in base eight',
      'role: lake',
      'role: lake\n    expectedOwner: 012345670123',
      /not the number 012345670123\. Quote it/,
    ],
    [
      'an octal number',
      'role: lake',
      'role: 0o17',
      /^buckets\.acme-lake\.role: .*not the number 0o17\. Quote it/,
    ],
    ['a truth value', 'role: lake', 'role: true', /not the truth value true\. Quote it/],
    ['nothing', 'role: lake', 'role:', /^buckets\.acme-lake\.role: .*not empty/],
    ['a null', 'role: lake', 'role: ~', /^buckets\.acme-lake\.role: .*not empty/],
  ] as const) {
    it(name, () => {
      assertOneProblem(problemsIn(YAML.replace(from, to)), problem);
    });
  }
});

describe('a name that other YAML readers mangle stays what it is', () => {
  it('a bucket of digits keeps its zero', () => {
    const config = readConfigDocument(
      YAML.replaceAll('acme-lake', '0123').replace('bucket: 0123', 'bucket: "0123"'),
      {},
    );
    assert.deepEqual([...config.buckets.keys()], ['0123']);
  });
  it('a role called no is one, YAML 1.1 or not', () => {
    const text = YAML.replace('lake:\n    arn', 'no:\n    arn').replace('role: lake', 'role: no');
    assert.deepEqual([...readConfigDocument(`%YAML 1.1\n---\n${text}`, {}).roles.keys()], ['no']);
  });
});

describe('a fault of the text is told with its place', () => {
  for (const [name, text, problem] of [
    [
      'a field twice',
      `${YAML}audience: https://other.example\n`,
      /^line 13, column 1: Map keys must be unique: "audience"\. Keep one/,
    ],
    ['a role twice', YAML.replace('buckets:', '  lake: {}\nbuckets:'), /^line 6, column 3: .*"lake"/],
    [
      'an open quote',
      YAML.replace('audience: ', 'audience: "'),
      /^line 13, column 1: Missing closing "quote/,
    ],
    [
      'a wrong indent',
      YAML.replace('    role: lake', '   role: lake\n    target: x'),
      /^line 8, column \d+: /,
    ],
    [
      'a reserved letter',
      YAML.replace('reader@', '@'),
      /^line 10, column 15: .*reserved character @\. Put the value in quotes/,
    ],
    [
      'a wildcard, which YAML takes for an alias',
      YAML.replace('reader@example.com', '*@example.com'),
      /^line 10, column 15: "\*@example\.com" stands for no anchor/,
    ],
    [
      'a second document',
      `${YAML}---\n${YAML}`,
      /^line 13, column 1: Source contains multiple documents\. Keep one/,
    ],
    [
      'an unknown tag',
      YAML.replace('role: lake', 'role: !secret lake'),
      /^line 8, column 11: Unresolved tag: !secret/,
    ],
    ['a prototype', `${YAML}__proto__: {}\n`, /^line 13, column 1: "__proto__" is no name/],
    ['nothing at all', '', /^the document: must be a map of fields, not empty/],
    ['a list', '- a\n', /^the document: must be a map of fields, not a list/],
  ] as const) {
    it(name, () => {
      assert.match(problemsIn(text)[0] ?? 'no problem', problem);
    });
  }

  it('a text of another language is told of in a few lines', () => {
    const problems = problemsIn(readFileSync(import.meta.filename, 'utf8'));
    assert.ok(problems.length > 5 && problems.length < 30, String(problems.length));
    assert.match(problems.at(-1) ?? '', /^the document: has \d+ more faults of these kinds\. /);
    // Within the bound all are told.
    assert.equal(problemsIn(`${YAML}${'audience: x\n'.repeat(5)}`).length, 5);
  });

  it('nothing at all is to be filled, as there is no field to remove', () => {
    assert.doesNotMatch(problemsIn('')[0] ?? '', /the field/);
  });

  it('a secret beside it is not repeated', () => {
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
  it('a fault that leaves the rest in its place does not hide what is wrong there', () => {
    const problems = problemsIn(
      `${YAML.replace('role: lake', 'role: laek')}audience: https://other.example\n`,
    );
    assert.equal(problems.length, 2);
    assert.match(problems[1] ?? '', /Did you mean "lake"/);
  });
});

describe('a problem knows its line', () => {
  it('for a wrong value, a missing field and an unknown one', () => {
    const text = YAML.replace('role: lake', 'role: laek\n    tarqet: x').replace(
      '    allow: [get, list]\n',
      '',
    );
    assert.deepEqual(linesIn(text), [8, 9, 11]);
  });
});

describe('aliases', () => {
  it('stand for what they name', () => {
    const text = YAML.replace('callers: [', 'callers: &team [').concat('operators: *team\n');
    assert.deepEqual(readConfigDocument(text, {}).operators, [
      { kind: 'email', email: 'reader@example.com' },
    ]);
  });
  it('do not multiply without bound', () => {
    const rows = Array.from(
      { length: 12 },
      (_, row) =>
        `x${row}: &x${row} [${Array(9)
          .fill(row === 0 ? 'x' : `*x${row - 1}`)
          .join()}]`,
    );
    assertOneProblem(
      problemsIn(`${rows.join('\n')}\n`),
      /^the document: repeats values by aliases too often/,
    );
  });
  it('are not thousands', () => {
    const text = YAML.replace('reader@example.com', `&a reader@example.com${', *a'.repeat(5000)}`);
    assertOneProblem(problemsIn(text), /^the document: repeats values by aliases too often/);
  });
  it('of what they stand in are refused', () => {
    assert.notDeepEqual(problemsIn(`${YAML}operators: &a [*a]\n`), []);
  });
});

describe('a text too large or too deep', () => {
  it('is refused above 1 MiB', () => {
    const room = LARGEST_DOCUMENT_BYTES - YAML.length - 1;
    assert.deepEqual(problemsIn(`${YAML}#${'x'.repeat(room)}`), []);
    assertOneProblem(
      problemsIn(`${YAML}#${'x'.repeat(room + 1)}`),
      /^the document: must be at most 1,048,576 bytes/,
    );
  });
  it('is refused with a message at a depth that no configuration has', () => {
    assert.notDeepEqual(problemsIn(`audience: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`), []);
  });
});
