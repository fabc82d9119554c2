// `fedbridge check --caller`: which grant decides about one caller's read, as which role, under which policy; or why none does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const READER = 'reader@acme-prod.iam.gserviceaccount.com';
const ID = '112010400000000710080';

const CONFIG = `audience: https://lake-bridge.example
aws: { region: eu-west-1 }
roles:
  lake: { arn: "arn:aws:iam::123456789012:role/gcp-lake-read" }
  theirs: { arn: "arn:aws:iam::123456789012:role/gcp-hop", session: bridge, then: [{ arn: "arn:aws:iam::210987654321:role/data", externalId: 7f3c }] }
buckets:
  acme-lake: { role: lake }
  partner-lake: { role: theirs, target: acme-partner }
grants:
  - callers: [${READER}, other@acme-prod.iam.gserviceaccount.com]
    allow: [get, list]
    bucket: acme-lake
    prefix: raw/public/
  - callers: ["${ID}"]
    allow: [get, tags]
    bucket: acme-lake
    key: "raw/a/\\u202Eone.csv"
  - callers: ["project:acme-prod"]
    allow: [get]
    bucket: partner-lake
`;

const directory = mkdtempSync(join(tmpdir(), 'fedbridge-check-caller-'));
const file = join(directory, 'fedbridge.yaml');
writeFileSync(file, CONFIG);
after(() => {
  rmSync(directory, { recursive: true });
});

function check(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/main.ts', 'check', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });
  return { status, stdout, stderr };
}

const asked = (...args: readonly string[]) => check([file, '--caller', ...args]);

describe('fedbridge check --caller, of a read that is allowed,', () => {
  it('tells the grant, how it names the caller, the role, the session and its policy', () => {
    assert.deepEqual(asked(`${READER}#${ID}`, '--get', 'acme-lake/raw/public/orders.csv'), {
      status: 0,
      stderr: '',
      stdout: `${READER}#${ID} may read raw/public/orders.csv in acme-lake (s3:GetObject).
Decided by grants[0] (line 10): ${READER} (by verified e-mail) may read and list everything below raw/public/.
Read as role lake (arn:aws:iam::123456789012:role/gcp-lake-read, 1h), in a session named reader@acme-prod.
AWS holds the session to this policy:
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": [
        "arn:aws:s3:::acme-lake/raw/a/\\u{202e}one.csv",
        "arn:aws:s3:::acme-lake/raw/public/*"
      ]
    },
    {
      "Effect": "Allow",
      "Action": "s3:GetObjectTagging",
      "Resource": "arn:aws:s3:::acme-lake/raw/a/\\u{202e}one.csv"
    },
    {
      "Effect": "Allow",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::acme-lake",
      "Condition": {
        "StringLike": {
          "s3:prefix": "raw/public/*"
        }
      }
    },
    {
      "Effect": "Deny",
      "NotAction": [
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:ListBucket"
      ],
      "Resource": "arn:aws:s3:*:*:*"
    },
    {
      "Effect": "Deny",
      "Action": "s3:GetObject",
      "NotResource": [
        "arn:aws:s3:::acme-lake/raw/a/\\u{202e}one.csv",
        "arn:aws:s3:::acme-lake/raw/public/*"
      ]
    },
    {
      "Effect": "Deny",
      "Action": "s3:GetObjectTagging",
      "NotResource": "arn:aws:s3:::acme-lake/raw/a/\\u{202e}one.csv"
    },
    {
      "Effect": "Deny",
      "Action": "s3:ListBucket",
      "NotResource": "arn:aws:s3:::acme-lake"
    },
    {
      "Effect": "Deny",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::acme-lake",
      "Condition": {
        "StringNotLike": {
          "s3:prefix": "raw/public/*"
        }
      }
    }
  ]
}
`,
    });
  });

  it('tells the further hops, whose last one the policy narrows, and no external ID', () => {
    const { status, stdout } = asked(READER, '--get', 'partner-lake/x');
    assert.equal(status, 0);
    assert.match(stdout, /^Decided by grants\[2\] \(line 18\): every service account of project acme-prod /m);
    assert.match(
      stdout,
      /^Read as role theirs \(arn:aws:iam::123456789012:role\/gcp-hop, 1h\), then as arn:aws:iam::210987654321:role\/data \(with external ID\), in a session named after this bridge\.$/m,
    );
    assert.match(stdout, /^AWS holds the session of the last role to this policy:$/m);
    assert.match(stdout, /"Resource": "arn:aws:s3:::acme-partner\/\*"/);
    assert.doesNotMatch(stdout, /7f3c/);
  });

  it('names the caller in any way in which grants do', () => {
    const byId = asked(ID, '--tags', 'acme-lake/raw/a/\u202eone.csv');
    assert.equal(byId.status, 0);
    assert.match(byId.stdout, new RegExp(`^${ID} may read the tags of raw/a/\\\\u\\{202e\\}one\\.csv in `));
    assert.match(byId.stdout, new RegExp(`in a session named ${ID}, or after the e-mail where`));
    assert.equal(asked(READER.toUpperCase(), '--list', 'acme-lake/raw/public/').status, 0);
  });

  it('takes the configuration from the environment where there is no FILE', () => {
    const { status, stdout } = check(['--caller', READER, '--get', 'acme-lake/a'], {
      AWS_REGION: 'eu-west-1',
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/gcp-lake-read',
      FEDBRIDGE_AUDIENCE: 'https://lake-bridge.example',
      FEDBRIDGE_BUCKET: 'acme-lake',
      FEDBRIDGE_CALLERS: READER,
    });
    assert.equal(status, 0);
    assert.match(stdout, /^Decided by grants\[0\]: reader@/m);
  });
});

describe('fedbridge check --caller, of a read that is not allowed,', () => {
  for (const [what, args, says] of [
    [
      'tells the nearest grants where they lie elsewhere',
      [READER, '--get', 'acme-lake/raw/private/a'],
      [
        /allow get do not reach it; the nearest:\n {2}grants\[0\] \(line 10\)/,
        /Remedy: add a grant .* allows get, with key: raw\/private\/a, or a prefix above it/,
      ],
    ],
    [
      'tells which word is missing',
      [READER, '--versions', 'acme-lake/raw/public/a'],
      [/s3:GetObjectVersion/, /reach it do not allow versions:\n {2}grants\[0\]/, /Remedy: add versions/],
    ],
    [
      'tells every right that is asked for, and which is missing',
      [READER, '--attributes', 'partner-lake/x'],
      [/\(s3:GetObject, s3:GetObjectAttributes\)/, /reach it do not allow attributes:\n {2}grants\[2\]/],
    ],
    [
      'tells that neither place nor word is granted',
      [READER, '--tags', 'acme-lake/raw/private/a'],
      [/neither reach it nor allow tags; the nearest:\n {2}grants\[0\]/, /Remedy: add a grant/],
    ],
    [
      'tells that nobody is named, and whom such grants name',
      ['stranger@example.com', '--get', 'acme-lake/raw/public/a'],
      [
        /No grant on this bucket names the caller/,
        /name others:\n {2}grants\[0\] .*: reader@.* and other@.* may read/,
      ],
    ],
    [
      "tells that Compute Engine's default account is of no project",
      ['481920364751-compute@developer.gserviceaccount.com', '--get', 'partner-lake/a'],
      [
        /No grant on this bucket names the caller\.\nIt is Compute Engine's default .* name it by its e-mail\./,
      ],
    ],
    [
      'tells that a prefix has to end at its slash',
      [READER, '--list', 'acme-lake/raw/public'],
      [/must end at a slash inside the grant/, /Remedy: ask for raw\/public\/\./],
    ],
    [
      'tells that a prefix lies above the grants',
      [READER, '--list', 'acme-lake'],
      [
        /may not list all of it in acme-lake/,
        /lies above the caller's grants:\n {2}grants\[0\]/,
        /delimiter=\//,
      ],
    ],
    [
      'tells that there is no such bucket, and which was meant',
      [READER, '--get', 'acme-lak/a'],
      [/The configuration has no such bucket\. Did you mean "acme-lake"\?/],
    ],
    [
      'takes the key byte for byte behind the first slash, and prints it escaped',
      [READER, '--get', 'acme-lake//raw/public/\u001b[31m'],
      [/may not read \/raw\/public\/\\u\{1b\}\[31m in acme-lake/],
    ],
  ] as const) {
    it(what, () => {
      const { status, stdout, stderr } = asked(...args);
      assert.deepEqual([status, stderr], [1, '']);
      for (const part of says) assert.match(stdout, part);
      assert.ok(!/[^\n\P{C}]/u.test(stdout), 'only printable characters');
    });
  }

  it('tells what an e-mail alone, or a unique ID alone, leaves open', () => {
    const byEmail = asked(READER, '--tags', 'acme-lake/raw/a/\u202eone.csv');
    assert.equal(byEmail.status, 1);
    assert.match(
      byEmail.stdout,
      /^Grants by unique ID can't be judged from an e-mail; left out, until you ask for EMAIL#ID:\n {2}grants\[1\] \(line 14\)/m,
    );
    const byId = asked(ID, '--get', 'partner-lake/x');
    assert.equal(byId.status, 1);
    assert.match(byId.stdout, /can't be judged from a unique ID; .*:\n {2}grants\[2\]/);
    assert.doesNotMatch(asked(`${READER}#${ID}`, '--get', 'acme-lake/x').stdout, /judged/);
  });

  it('is judged only by a valid configuration', () => {
    const { status, stdout, stderr } = check([
      join(directory, 'missing.yaml'),
      '--caller',
      READER,
      '--get',
      'acme-lake/a',
    ]);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /does not exist/);
  });
});

describe('fedbridge check with half a question', () => {
  for (const [args, says] of [
    [['--caller', READER], /--caller needs one of --get, --list, --versions, --tags, --attributes/],
    [['--get', 'acme-lake/a'], /--get needs --caller/],
    [['--caller', READER, '--get', 'acme-lake/a', '--list', 'acme-lake/'], /not several/],
    [['--caller', READER, '--caller', ID, '--get', 'acme-lake/a'], /--caller is given twice/],
    [['--caller', 'project:acme-prod', '--get', 'acme-lake/a'], /--caller must be one caller/],
    [
      ['--caller', 'allUsers', '--get', 'acme-lake/a'],
      /--caller must be an e-mail.*There is no grant to everybody/,
    ],
    [['--caller', READER, '--get', 'acme-lake'], /--get must be BUCKET\/KEY/],
    [['--caller', READER, '--get', 's3://acme-lake/a'], /leave out s3:\/\//],
    [['--caller', READER, '--get', 'acme-lake/'], /--get must be BUCKET\/KEY/],
    [['--caller', READER, '--get', '/a'], /--get must be BUCKET\/KEY.*bucket's name/],
    [['--caller', READER, '--get', `acme-lake/${'k'.repeat(1025)}`], /longer than 1024 bytes/],
  ] as const) {
    it(`(${args.join(' ').slice(0, 60)}) is a wrong usage`, () => {
      const { status, stdout, stderr } = check([file, ...args]);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, says);
      assert.match(stderr, /^Usage: fedbridge check \[FILE\]/m);
    });
  }
});
