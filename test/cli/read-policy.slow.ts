// As a child process, `fedbridge read-policy` prints the permission policy for a role or a chained role, or an error.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sampleWith } from '../config/sample.ts';
import type { Change } from '../config/sample.ts';
import { fedbridge } from '../terraform/fedbridge.ts';

const directory = mkdtempSync(join(tmpdir(), 'fedbridge-read-policy-'));
after(() => {
  rmSync(directory, { recursive: true });
});

const LAKE = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const DATA = 'arn:aws:iam::210987654321:role/lake-data';

function fileWith(name: string, ...changes: readonly Change[]): string {
  const file = join(directory, name);
  writeFileSync(file, sampleWith(...changes));
  return file;
}

const PLAIN = fileWith('plain.yaml');
const CHAIN = fileWith('chain.yaml', ['roles lake then', [{ arn: DATA, sourceIdentity: 'caller' }]]);

function printed(...args: readonly string[]): unknown {
  const { status, stdout, stderr } = fedbridge('read-policy', ...args);
  assert.deepEqual([status, stderr], [0, '']);
  return JSON.parse(stdout);
}

const allowing = (...statements: readonly object[]) => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
});
const READING = allowing(
  { Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-lake/*' },
  { Action: 's3:ListBucket', Resource: 'arn:aws:s3:::acme-lake' },
);

describe('fedbridge read-policy', () => {
  it('prints the policy of a role that reads buckets, given its name or ARN', () => {
    assert.deepEqual(printed('lake', '--config', PLAIN), READING);
    assert.deepEqual(printed(LAKE, '--config', PLAIN), READING);
  });

  it('prints the policy of the first role in a chain, or with --hop the policy of the second role', () => {
    const assuming = allowing({ Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'], Resource: DATA });
    assert.deepEqual(printed('lake', '--config', CHAIN), assuming);
    assert.deepEqual(printed('lake', '--hop', '1', '--config', CHAIN), READING);
    assert.deepEqual(printed(DATA, '--config', CHAIN), READING);
  });

  const long = Array.from({ length: 60 }, (_, i) => ({
    callers: ['a@example.com'],
    allow: ['get', 'list'],
    bucket: 'acme-lake',
    prefix: `${i}${'x'.repeat(80)}/`,
  }));
  for (const [args, code, message] of [
    [[], 2, /ROLE is required/],
    [['lake', '--hop', '0', '--config', PLAIN], 2, /--hop must be 1 for ROLE's first chained role/],
    [[LAKE, '--hop', '1', '--config', CHAIN], 2, /With --hop, ROLE must be the name of a configured role/],
    [
      ['lake', '--hop', '1', '--config', PLAIN],
      1,
      /--hop: cannot be used, because role lake has no chained roles/,
    ],
    [['lakes', '--config', PLAIN], 1, /ROLE: must be the name of a role, not "lakes".*"lake"/],
    [
      [DATA, '--config', PLAIN],
      1,
      /ROLE: must read a bucket or assume a chained role, but in this configuration, arn:\S+ does neither/,
    ],
    [
      ['lake', '--config', fileWith('long.yaml', ['grants', long])],
      1,
      /ROLE: needs a policy of 1\d{4} .*10240/,
    ],
  ] as const) {
    it(`prints only an error for the arguments "${args.join(' ').replaceAll(directory, '')}"`, () => {
      const { status, stdout, stderr } = fedbridge('read-policy', ...args);
      assert.deepEqual([status, stdout], [code, '']);
      assert.match(stderr, message);
    });
  }
});
