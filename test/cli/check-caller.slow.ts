// `fedbridge check --caller` shows which grant, role and policy apply to a caller's read, or why no grant allows it.
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

const checkCaller = (...args: readonly string[]) => check([file, '--caller', ...args]);

describe('fedbridge check --caller', () => {
  it('shows the grant that allows a read, the matching caller entry, the role, the session and its policy', () => {
    assert.deepEqual(checkCaller(`${READER}#${ID}`, '--get', 'acme-lake/raw/public/orders.csv'), {
      status: 0,
      stderr: '',
      stdout: `${READER}#${ID} may read raw/public/orders.csv in acme-lake (s3:GetObject).
Decided by grants[0] (line 10): ${READER} (by verified email) may read and list everything below raw/public/.
The bridge performs this read as role lake (arn:aws:iam::123456789012:role/gcp-lake-read, 1h), in a session named reader@acme-prod.
AWS limits the session to this policy:
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

  it("shows every hop of a role chain and the last hop's session policy, but no external ID", () => {
    const { status, stdout } = checkCaller(READER, '--get', 'partner-lake/x');
    assert.equal(status, 0);
    assert.match(stdout, /^Decided by grants\[2\] \(line 18\): every service account in project acme-prod /m);
    assert.match(
      stdout,
      /^The bridge performs this read as role theirs \(arn:aws:iam::123456789012:role\/gcp-hop, 1h\), then as arn:aws:iam::210987654321:role\/data \(with external ID\), in a session named after the bridge\.$/m,
    );
    assert.match(stdout, /^AWS limits the last role's session to this policy:$/m);
    assert.match(stdout, /"Resource": "arn:aws:s3:::acme-partner\/\*"/);
    assert.doesNotMatch(stdout, /7f3c/);
  });

  it("accepts the caller's unique ID, or its email in any letter case", () => {
    const byId = checkCaller(ID, '--tags', 'acme-lake/raw/a/\u202eone.csv');
    assert.equal(byId.status, 0);
    assert.match(byId.stdout, new RegExp(`^${ID} may read the tags of raw/a/\\\\u\\{202e\\}one\\.csv in `));
    assert.match(
      byId.stdout,
      new RegExp(
        `in a session named ${ID} \\(if the token has a verified email, the session is named after the email instead\\)`,
      ),
    );
    assert.equal(checkCaller(READER.toUpperCase(), '--list', 'acme-lake/raw/public/').status, 0);
  });

  it('uses the configuration in the environment if FILE is omitted', () => {
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

describe('fedbridge check --caller', () => {
  for (const [what, args, expected] of [
    [
      'the closest grants if they cover other keys',
      [READER, '--get', 'acme-lake/raw/private/a'],
      [
        /None of the caller's grants that allow get covers this read\. The closest grants:\n {2}grants\[0\] \(line 10\)/,
        /Remedy: add a grant .* allows get, with key: raw\/private\/a, or with a prefix that covers this key/,
      ],
    ],
    [
      'which action is missing',
      [READER, '--versions', 'acme-lake/raw/public/a'],
      [
        /s3:GetObjectVersion/,
        /cover this read do not allow versions:\n {2}grants\[0\]/,
        /Remedy: add versions/,
      ],
    ],
    [
      'every required permission and which one is missing',
      [READER, '--attributes', 'partner-lake/x'],
      [
        /\(s3:GetObject, s3:GetObjectAttributes\)/,
        /cover this read do not allow attributes:\n {2}grants\[2\]/,
      ],
    ],
    [
      'that no grant covers the key or allows the action',
      [READER, '--tags', 'acme-lake/raw/private/a'],
      [
        /None of the caller's grants covers this read, and none allows tags\. The closest grants:\n {2}grants\[0\]/,
        /Remedy: add a grant/,
      ],
    ],
    [
      'that no grant names the caller, and the callers that grants do name',
      ['stranger@example.com', '--get', 'acme-lake/raw/public/a'],
      [
        /No grant on this bucket names the caller/,
        /but only for other callers:\n {2}grants\[0\] .*: reader@.* and other@.* may read/,
      ],
    ],
    [
      "that project grants do not cover Compute Engine's default account",
      ['481920364751-compute@developer.gserviceaccount.com', '--get', 'partner-lake/a'],
      [
        /No grant on this bucket names the caller\.\nThe caller is Compute Engine's default .* In a grant, name the account by its email\./,
      ],
    ],
    [
      'that a prefix must end with a slash',
      [READER, '--list', 'acme-lake/raw/public'],
      [/does not cover this prefix, because it has no trailing slash/, /Remedy: list raw\/public\/\./],
    ],
    [
      'that the grants cover only parts of the list',
      [READER, '--list', 'acme-lake'],
      [
        /is not allowed to list everything in acme-lake/,
        /The caller's grants cover only parts of this list:\n {2}grants\[0\]/,
        /delimiter=\//,
      ],
    ],
    [
      'an unknown bucket, with a suggestion',
      [READER, '--get', 'acme-lak/a'],
      [/The configuration has no such bucket\. Did you mean "acme-lake"\?/],
    ],
    [
      'everything after the first slash as the key, in escaped form',
      [READER, '--get', 'acme-lake//raw/public/\u001b[31m'],
      [/is not allowed to read \/raw\/public\/\\u\{1b\}\[31m in acme-lake/],
    ],
  ] as const) {
    it(`reports, for a denied read, ${what}`, () => {
      const { status, stdout, stderr } = checkCaller(...args);
      assert.deepEqual([status, stderr], [1, '']);
      for (const part of expected) assert.match(stdout, part);
      assert.ok(!/[^\n\P{C}]/u.test(stdout), 'only printable characters');
    });
  }

  it('shows which grants it cannot check if only an email or only a unique ID is given', () => {
    const byEmail = checkCaller(READER, '--tags', 'acme-lake/raw/a/\u202eone.csv');
    assert.equal(byEmail.status, 1);
    assert.match(
      byEmail.stdout,
      /^Grants that name callers by unique ID cannot be checked, because only an email was given\. To include these grants, use --caller EMAIL#ID:\n {2}grants\[1\] \(line 14\)/m,
    );
    const byId = checkCaller(ID, '--get', 'partner-lake/x');
    assert.equal(byId.status, 1);
    assert.match(byId.stdout, /cannot be checked, because only a unique ID was given\. .*:\n {2}grants\[2\]/);
    assert.doesNotMatch(checkCaller(`${READER}#${ID}`, '--get', 'acme-lake/x').stdout, /cannot be checked/);
  });

  it('fails if the configuration cannot be read', () => {
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

describe('fedbridge check with --vend', () => {
  const vendFile = join(directory, 'vend.yaml');
  writeFileSync(
    vendFile,
    CONFIG.replace('allow: [get, list]', 'allow: [get, list, vend]')
      .replace('allow: [get]', 'allow: [get, vend]')
      .replaceAll('callers: [', 'callers: [user:ana@acme.example, '),
  );

  it('shows the grants that the credentials are limited to, and their policy', () => {
    const { status, stdout } = check([vendFile, '--caller', `${READER}#${ID}`, '--vend', 'acme-lake']);
    assert.equal(status, 0);
    assert.match(stdout, /^reader@.* may get AWS credentials for acme-lake\.$/m);
    assert.match(
      stdout,
      /^Decided by grants\[0\] \(line 10\): .* may read, list, and get AWS credentials for everything below raw\/public\/\.$/m,
    );
    assert.match(stdout, /"Effect": "Deny"/);
    assert.doesNotMatch(stdout, /one\.csv/);
  });

  for (const [what, config, caller, bucket, why] of [
    [
      'if no grant includes vend',
      file,
      `${READER}#${ID}`,
      'acme-lake',
      /None of the caller's grants on this bucket allows vend\.\nRemedy: /,
    ],
    [
      'if the sessions are named after the bridge',
      vendFile,
      `${READER}#${ID}`,
      'partner-lake',
      /sessions are named after the bridge\.\nRemedy: /,
    ],
    [
      'for a person, whatever the grants allow',
      vendFile,
      'user:ana@acme.example',
      'acme-lake',
      /^user:ana@acme\.example may not get .*\nPeople use only the console, which issues no credentials\.\nRemedy: /,
    ],
    [
      'if the bucket does not exist',
      vendFile,
      `${READER}#${ID}`,
      'acme-lak',
      /no such bucket\. Did you mean "acme-lake"\?/,
    ],
    [
      'if the caller is given only by its unique ID',
      vendFile,
      ID,
      'acme-lake',
      /Grants that name callers by email or project are not included/,
    ],
  ] as const)
    it(`exits with code 1 and explains the problem ${what}`, () => {
      const { status, stdout } = check([config, '--caller', caller, '--vend', bucket]);
      assert.equal(status, 1);
      assert.match(stdout, /may not get AWS credentials/);
      assert.match(stdout, why);
    });
});

describe('fedbridge check --caller, for a caller from an issuer other than Google', () => {
  const issuers = join(ROOT, 'deploy/example-issuers.yaml');

  it('shows the grant that allows the read, and the session name', () => {
    const read = ['--caller', 'gke-prod:analytics/etl', '--get', 'acme-lake/raw/orders.csv'];
    const { status, stdout, stderr } = check([issuers, ...read]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^gke-prod:analytics\/etl may read raw\/orders\.csv in acme-lake/);
    assert.match(
      stdout,
      /Decided by grants\[0\] .*: gke-prod:analytics\/etl \(by issuer and subject\) may read and list/,
    );
    assert.match(stdout, /in a session named gke-prod=analytics,etl\./);
  });

  it('shows why a similar subject may not read', () => {
    const read = [
      '--caller',
      'github:repo:acme/etl:pull_request',
      '--get',
      'acme-lake/raw/public/orders.csv',
    ];
    const { status, stdout } = check([issuers, ...read]);
    assert.equal(status, 1);
    assert.match(stdout, /No grant on this bucket names the caller/);
    assert.match(stdout, /only for other callers:[^]*github:repo:acme\/etl:ref:refs\/heads\/main/);
  });

  for (const [caller, expected] of [
    [
      'eks:analytics/etl',
      /--caller must be an email.*the name of an issuer listed under `issuers`, not "eks:analytics\/etl"/,
    ],
    ['gke-prod:analytics', /--caller must be gke-prod:NAMESPACE\/SERVICEACCOUNT/],
  ] as const)
    it(`rejects a caller that no grant could name: ${caller}`, () => {
      const { status, stdout, stderr } = check([issuers, '--caller', caller, '--get', 'acme-lake/a']);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, expected);
    });
});

describe('fedbridge check with invalid options', () => {
  for (const [args, expected] of [
    [['--vend', 'acme-lake'], /--vend also needs --caller/],
    [
      ['--caller', READER, '--vend', 'acme-lake/raw/'],
      /--vend must be the name of a bucket, not "acme-lake\/raw\/"\. Credentials always allow everything/,
    ],
    [['--caller', READER, '--vend', 'acme-lake', '--get', 'acme-lake/a'], /Give only one of --get/],
    [
      ['--caller', READER],
      /--caller also needs one of --get, --list, --versions, --tags, --attributes, --vend/,
    ],
    [['--get', 'acme-lake/a'], /--get also needs --caller/],
    [['--caller', READER, '--get', 'acme-lake/a', '--list', 'acme-lake/'], /Give only one of --get/],
    [['--caller', READER, '--caller', ID, '--get', 'acme-lake/a'], /--caller is given more than once/],
    [['--caller', 'project:acme-prod', '--get', 'acme-lake/a'], /--caller must be one caller/],
    [
      ['--caller', 'allUsers', '--get', 'acme-lake/a'],
      /--caller must be an email.*Access cannot be granted to everyone/,
    ],
    [['--caller', READER, '--get', 'acme-lake'], /--get must be BUCKET\/KEY/],
    [['--caller', READER, '--get', 's3://acme-lake/a'], /remove s3:\/\//],
    [['--caller', READER, '--get', 'acme-lake/'], /--get must be BUCKET\/KEY/],
    [['--caller', READER, '--get', '/a'], /--get must be BUCKET\/KEY.*bucket name is not valid/],
    [['--caller', READER, '--get', `acme-lake/${'k'.repeat(1025)}`], /longer than 1024 bytes/],
  ] as const) {
    it(`exits with code 2 and prints its usage: ${args.join(' ').slice(0, 60)}`, () => {
      const { status, stdout, stderr } = check([file, ...args]);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, expected);
      assert.match(stderr, /^Usage: fedbridge check \[FILE\]/m);
    });
  }
});
