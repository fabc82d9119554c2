// As a child process, `fedbridge revoke` prints commands for each role in a chain. A shell can run the commands unchanged.
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

/**
 * Runs a script with a stub of the AWS CLI for one account, and returns the commands that the stub recorded.
 * @param of.code the stub's exit code
 */
function shellOf(script: string, { account, code = 0 }: { account: string; code?: number }) {
  const stub = `aws() {
  if [ "$*" = 'sts get-caller-identity --query Account --output text' ]; then echo '${account}'; return; fi
  printf '%s\\n' "$#"; for each in "$@"; do printf '%s' "$each" | tr '\\n' ' '; echo; done; return ${code}
}
`;
  const { stdout, status, stderr } = spawnSync('sh', ['-u'], { input: stub + script, encoding: 'utf8' });
  return { commands: commandsIn(stdout), status, stderr };
}

function commandsIn(stdout: string): readonly (readonly string[])[] {
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
  it('prints commands for each role in a chain, with a policy that denies sessions issued before now', () => {
    const config = join(directory, 'bridge.yaml');
    const hop = { arn: 'arn:aws:iam::210987654321:role/team:lake/of/lake-data' };
    writeFileSync(config, sampleWith(['roles lake then', [hop]]));
    const before = Date.now();
    const { status, stdout, stderr } = run('lake', '--config', config);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const ran = ['123456789012', '210987654321'].map((account) => shellOf(stdout, { account }));
    const commands = ran.flatMap((one) => one.commands);
    assert.deepEqual(
      commands.map((command) => command.slice(0, 4)),
      ['gcp-lake-read', 'lake-data'].map((role) => ['iam', 'put-role-policy', '--role-name', role]),
    );
    assert.match(stdout, /Revokes sessions of role lake-data in account 210987654321/);
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

  it("accepts any role's ARN without a configuration", () => {
    const { status, stdout } = run('arn:aws:iam::123456789012:role/gcp-lake-read');
    assert.equal(status, 0);
    const { commands, stderr } = shellOf(stdout, { account: '123456789012' });
    assert.deepEqual([commands.length, stderr], [1, '']);
  });

  describe('with same-named roles in two accounts', () => {
    const config = join(directory, 'namesakes.yaml');
    const hop = { arn: 'arn:aws:iam::210987654321:role/gcp-lake-read' };
    writeFileSync(config, sampleWith(['roles lake then', [hop]]));
    const { stdout } = run('lake', '--config', config);
    const notApplied = (account: string) =>
      `Not applied to role gcp-lake-read in account ${account}: the current credentials are for a different account.\n`;

    for (const [account, other] of [
      ['123456789012', '210987654321'],
      ['210987654321', '123456789012'],
    ] as const) {
      it(`prints commands that, run with credentials for ${account}, change only that account's role and report that the other role is unchanged`, () => {
        const { commands, stderr, status } = shellOf(stdout, { account });
        assert.deepEqual([commands.length, stderr, status], [1, notApplied(other), 0]);
      });
    }

    it('prints commands that change nothing with credentials for a third account or without credentials', () => {
      for (const account of ['999999999999', '']) {
        const { commands, stderr } = shellOf(stdout, { account });
        assert.deepEqual([commands, stderr], [[], notApplied('123456789012') + notApplied('210987654321')]);
      }
    });

    it('prints commands that pass AWS CLI errors through unchanged', () => {
      const { stderr } = shellOf(stdout, { account: '123456789012', code: 254 });
      assert.equal(stderr, notApplied('210987654321'));
    });

    it("prints commented-out commands that remove the policy from the current account's role", () => {
      const removal = stdout.replaceAll(/^# (?=if| {2}aws|else| {2}echo|fi)/gm, '');
      for (const account of ['123456789012', '210987654321']) {
        const { commands, stderr, status } = shellOf(removal, { account });
        assert.equal(status, 0, stderr);
        assert.deepEqual(
          commands.map(([, action]) => action),
          ['put-role-policy', 'delete-role-policy'],
        );
      }
    });
  });

  for (const [args, code, expected] of [
    [[], 2, /ROLE is required/],
    [['lake', 'pond'], 2, /Unexpected argument "pond"/],
    [['lake'], 1, /ROLE: must be .*not "lake"/],
    [["arn:aws:iam::123456789012:role/x'; rm -rf /"], 1, /ROLE: must be/],
  ] as const) {
    it(`prints only an error for the arguments ${JSON.stringify(args)}`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.deepEqual([status, stdout], [code, '']);
      assert.match(stderr, expected);
    });
  }
});
