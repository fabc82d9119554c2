// Tests `fedbridge check` as a child process: its exit codes, its description of a configuration, and its errors.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sampleWith } from '../config/sample.ts';

const ROOT = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'fedbridge-check-'));
after(() => {
  rmSync(directory, { recursive: true });
});

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/main.ts', 'check', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });
  return { status, stdout, stderr };
}

function file(text: string): string {
  const path = join(directory, 'fedbridge.yaml');
  writeFileSync(path, text);
  return path;
}

const GRANTS = [
  {
    callers: ['Reader@acme-prod.iam.gserviceaccount.com'],
    allow: ['get', 'list'],
    bucket: 'acme-lake',
    prefix: 'raw/public/',
  },
  {
    callers: ['112010400000000710080', 'project:acme-prod'],
    allow: ['get'],
    bucket: 'acme-lake',
    key: 'raw/one.csv',
  },
  {
    callers: ['both@acme-prod.iam.gserviceaccount.com#112010400000000710080'],
    allow: ['list'],
    bucket: 'open-data',
  },
];

describe('fedbridge check FILE', () => {
  it('describes who may read what, and with which role', () => {
    const text = sampleWith(
      ['buckets acme-lake region', 'us-east-2'],
      [
        'buckets open-data',
        {
          role: 'lake',
          requesterPays: true,
          expectedOwner: '123456789012',
          verifyChecksums: true,
          kmsKeys: ['arn:aws:kms:eu-west-1:123456789012:key/0123abcd'],
        },
      ],
      ['cors', { origins: ['https://app.example', 'https://lab.example'] }],
      ['limits', { inFlight: 500, stall: '1m' }],
      ['responses', { chunkAbove: '32MB' }],
      ['roles lake duration', '90m'],
      ['grants', GRANTS],
      ['operators', ['ops@acme-prod.iam.gserviceaccount.com']],
    );
    assert.deepEqual(run([file(text)]), {
      status: 0,
      stderr: '',
      stdout: `Callers' tokens must have the audience https://lake-bridge.example.
The bridge calls STS in eu-west-1 with its own token for audience fedbridge.
The bridge serves at most 500 concurrent requests, and at most 200 per caller. It waits at most 1m for a stalled response; on shutdown, responses have 9s to finish.
It reads each large object over up to 4 connections, and uses at most 64MiB of memory in total for read-ahead.
Responses larger than 32MB have no Content-Length.
Web pages from https://app.example and https://lab.example may call the bridge; browsers cache this permission for 10m.

acme-lake (S3 bucket acme-lake in us-east-2)
  as role lake (arn:aws:iam::123456789012:role/gcp-lake-read, sessions named after the caller, 90m):
  reader@acme-prod.iam.gserviceaccount.com (by verified email) may read and list everything below raw/public/
  112010400000000710080 (by unique ID) may read the one object raw/one.csv
  every service account in project acme-prod (by verified email) except Compute Engine's default account may read the one object raw/one.csv

open-data (S3 bucket open-data in the region that S3 reports; the bridge tries eu-west-1 first, owned by 123456789012, requester pays, whole-object checksums are verified, decrypted with arn:aws:kms:eu-west-1:123456789012:key/0123abcd)
  as role lake (arn:aws:iam::123456789012:role/gcp-lake-read, sessions named after the caller, 90m):
  both@acme-prod.iam.gserviceaccount.com (by verified email and unique ID 112010400000000710080) may list everything in it

ops@acme-prod.iam.gserviceaccount.com (by verified email) may read the metrics.
Nobody else may read anything.
`,
    });
  });

  it('warns about probable mistakes, and exits with code 0', () => {
    const { status, stderr, stdout } = run([file(sampleWith(['buckets spare', { role: 'lake' }]))]);
    assert.equal(status, 0);
    assert.equal(
      stderr,
      'Warning: buckets.spare: is not used by any grant. Remove it if it is not needed.\n',
    );
    assert.match(stdout, /^ {2}nobody may read it$/m);
  });

  it('reports every problem on standard error and prints nothing else', () => {
    const { status, stderr, stdout } = run([
      file(sampleWith(['audience', 5], ['grants 0 bucket', 'acme-lak'])),
    ]);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^The configuration has 2 problems:\n {2}audience: .*\n {2}grants\[0\]\.bucket: .*"acme-lake"\?.*\n$/,
    );
  });

  it('reports all problems, even if there are many', () => {
    const grants = Array.from({ length: 3000 }, () => ({
      callers: ['x'],
      allow: ['get'],
      bucket: 'acme-lake',
    }));
    const { status, stderr } = run([file(sampleWith(['grants', grants]))]);
    assert.equal(status, 1);
    assert.equal(stderr.trimEnd().split('\n').length, 3001);
  });

  it('uses the region in the environment, and ignores unrelated variables', () => {
    const path = file(sampleWith(['aws region', undefined]));
    assert.match(run([path]).stderr, /aws\.region: is missing/);
    const { status, stdout } = run([path], {
      AWS_REGION: 'us-east-2',
      PORT: 'x',
      AWS_ROLE_ARN: 'x',
      FEDBRIDGE_CONFIG: '/nowhere',
    });
    assert.equal(status, 0);
    assert.match(stdout, /^The bridge calls STS in us-east-2 /m);
    assert.match(
      run([path], { AWS_REGION: 'Ireland' }).stderr,
      /a problem:\n {2}AWS_REGION: must be an AWS region/,
    );
  });

  it('uses the AWS profile from the environment if the file configures no identity, as the bridge does', () => {
    const { status, stdout } = run([file(sampleWith())], { AWS_PROFILE: 'lake-dev' });
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^The bridge calls STS in eu-west-1 with the AWS profile lake-dev, without a Google/m,
    );
    const own = run([file(sampleWith(['identity', 'metadata']))], { AWS_PROFILE: 'lake-dev' });
    assert.match(own.stdout, /^The bridge calls STS in eu-west-1 with its own token /m);
  });

  it('rejects an AWS profile on Cloud Run, as the bridge does', () => {
    const path = file(sampleWith());
    const { status, stdout, stderr } = run([path], { AWS_PROFILE: 'lake-dev', K_SERVICE: 'lake-bridge' });
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /a problem:\n {2}AWS_PROFILE: must not be used on Cloud Run\./);
    assert.equal(run([path], { K_SERVICE: 'lake-bridge' }).status, 0);
  });

  it('reports a file that does not exist', () => {
    const { status, stderr, stdout } = run([join(directory, 'missing.yaml')]);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /FILE: .*missing\.yaml" does not exist/);
  });
});

describe('fedbridge check', () => {
  it('checks the configuration in the environment if FILE is omitted', () => {
    const { status, stdout } = run([], {
      AWS_REGION: 'eu-west-1',
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/gcp-lake-read',
      FEDBRIDGE_AUDIENCE: 'https://lake-bridge.example',
      FEDBRIDGE_BUCKET: 'acme-lake',
      FEDBRIDGE_CALLERS: 'reader@example.com',
    });
    assert.equal(status, 0);
    assert.match(stdout, /reader@example\.com \(by verified email\) may read and list everything in it/);
  });
  it('explains both ways to configure the bridge if FILE is omitted and the environment has no configuration', () => {
    const { status, stderr } = run([]);
    assert.equal(status, 1);
    assert.match(stderr, /FEDBRIDGE_CONFIG: is not set.*FEDBRIDGE_BUCKET/);
  });
  for (const args of [['a.yaml', 'b.yaml'], ['--verbose']]) {
    it(`exits with code 2 and prints its usage for the arguments ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = run(args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^Usage: fedbridge check \[FILE\]/m);
    });
  }
});

describe('fedbridge check --schema', () => {
  it('prints the schema in deploy/config.schema.json', () => {
    const committed = readFileSync(join(ROOT, 'deploy/config.schema.json'), 'utf8');
    assert.deepEqual(run(['--schema']), { status: 0, stdout: committed, stderr: '' });
  });
  it('rejects a FILE argument or any other option', () => {
    for (const args of [['fedbridge.yaml'], ['--caller', '112010400000000710080', '--get', 'acme-lake/a']]) {
      const { status, stdout, stderr } = run(['--schema', ...args]);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^fedbridge check: --schema cannot be combined with FILE or other options\.$/m);
    }
  });
});
