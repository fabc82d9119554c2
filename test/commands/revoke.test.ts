// `fedbridge revoke`, as its own process: commands for each role of a chain that a shell takes as they are.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sampleWith } from '../config/sample.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const directory = mkdtempSync(join(tmpdir(), 'fedbridge-revoke-'));
after(() => {
  rmSync(directory, { recursive: true });
});

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'revoke', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return { status, stdout, stderr };
}

/** What the output makes a shell run, with a stand-in for the aws cli that tells its arguments. */
function commandsOf(script: string): readonly (readonly string[])[] {
  const stub = `aws() { printf '%s\\n' "$#"; for each in "$@"; do printf '%s' "$each" | tr '\\n' ' '; echo; done; }\n`;
  const { stdout, status, stderr } = spawnSync('sh', ['-eu'], { input: stub + script, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const lines = stdout.split('\n');
  const commands: string[][] = [];
  for (let at = 0; at < lines.length - 1;) {
    const count = Number(lines[at]);
    commands.push(lines.slice(at + 1, at + 1 + count));
    at += 1 + count;
  }
  return commands;
}

describe('fedbridge revoke ROLE', () => {
  it('names each role of a chain, with a policy that denies what began before now', () => {
    const config = join(directory, 'bridge.yaml');
    const hop = { arn: 'arn:aws:iam::210987654321:role/path/of/lake-data' };
    writeFileSync(config, sampleWith(['roles lake then', [hop]]));
    const before = Date.now();
    const { status, stdout, stderr } = run('lake', '--config', config);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const commands = commandsOf(stdout);
    assert.deepEqual(
      commands.map((command) => command.slice(0, 4)),
      ['gcp-lake-read', 'lake-data'].map((role) => ['iam', 'put-role-policy', '--role-name', role]),
    );
    assert.match(stdout, /Role lake-data of account 210987654321/);
    for (const command of commands) {
      const policy = JSON.parse(command[command.indexOf('--policy-document') + 1] ?? '') as {
        Statement: readonly { Effect: string; Action: string; Resource: string; Condition: object }[];
      };
      const [denied] = policy.Statement;
      assert.deepEqual([denied?.Effect, denied?.Action, denied?.Resource], ['Deny', '*', '*']);
      const [, time = ''] = /"aws:TokenIssueTime":"([^"]+)"/.exec(JSON.stringify(denied?.Condition)) ?? [];
      assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now());
    }
  });

  it('takes any role’s ARN without a configuration', () => {
    const { status, stdout } = run('arn:aws:iam::123456789012:role/gcp-lake-read');
    assert.equal(status, 0);
    assert.equal(commandsOf(stdout).length, 1);
  });

  for (const [args, code, told] of [
    [[], 2, /ROLE must be given/],
    [['lake', 'pond'], 2, /no place for "pond"/],
    [['lake'], 1, /ROLE: must be .*not "lake"/],
    [["arn:aws:iam::123456789012:role/x'; rm -rf /"], 1, /ROLE: must be/],
  ] as const) {
    it(`with ${JSON.stringify(args)} prints nothing that could be run, and says why`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.deepEqual([status, stdout], [code, '']);
      assert.match(stderr, told);
    });
  }
});
