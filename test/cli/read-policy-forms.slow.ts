// `fedbridge read-policy --cloudformation` prints a template, and `--cli` prints commands. Both create a role with its trust
// policy and its permission policy.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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

function fileWith(name: string, ...changes: readonly Change[]): string {
  const file = join(directory, name);
  writeFileSync(file, sampleWith(...changes));
  return file;
}

const UNIQUE_ID = '104815162342108150001';
const DATA = 'arn:aws:iam::210987654321:role/team/of/lake-data';
const grant = { callers: ['a@example.com'], allow: ['get'], bucket: 'acme-lake' };
const PLAIN = fileWith(
  'plain.yaml',
  ['roles lake duration', '2h'],
  ['grants', [{ ...grant, prefix: "it's/" }]],
);
const CHAIN = fileWith('chain.yaml', [
  'roles lake then',
  [{ arn: DATA, externalId: '7f3c', sourceIdentity: 'caller' }],
]);

function printed(...args: readonly string[]): string {
  const { status, stdout, stderr } = fedbridge(...args);
  assert.deepEqual([status, stderr], [0, '']);
  return stdout;
}
const json = (...args: readonly string[]): unknown => JSON.parse(printed(...args));

/** For each case, the command's arguments, and the role that both the template and the printed commands create. */
const ROLES = [
  {
    what: 'a first role',
    args: ['lake', '--config', PLAIN],
    trusted: ['--unique-id', UNIQUE_ID],
    role: { account: '123456789012', name: 'gcp-lake-read', path: '/', seconds: 7200 },
  },
  {
    what: 'a chained role with a path',
    args: ['lake', '--hop', '1', '--config', CHAIN],
    trusted: [],
    role: { account: '210987654321', name: 'lake-data', path: '/team/of/', seconds: 3600 },
  },
] as const;

for (const { what, args, trusted, role } of ROLES) {
  describe(`fedbridge read-policy for ${what}`, () => {
    const trust = json('trust-policy', ...args, ...trusted);
    const permissions = json('read-policy', ...args);

    it('prints a CloudFormation template with the trust policy and the permission policy', () => {
      const { Resources } = json('read-policy', ...args, ...trusted, '--cloudformation') as {
        readonly Resources: object;
      };
      assert.deepEqual(Resources, {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: {
            RoleName: role.name,
            Path: role.path,
            MaxSessionDuration: role.seconds,
            AssumeRolePolicyDocument: trust,
            Policies: [{ PolicyName: 'fedbridge', PolicyDocument: permissions }],
          },
        },
      });
    });

    const script = printed('read-policy', ...args, ...trusted, '--cli');

    it('prints AWS CLI commands that create the role with its trust policy and permission policy', () => {
      const { commands, stderr, status } = shellOf(script, role.account);
      assert.deepEqual([stderr, status], ['', 0]);
      assert.deepEqual(commands.map(withoutSpaces), [
        ['iam', 'create-role', '--role-name', role.name, '--path', role.path]
          .concat(['--max-session-duration', String(role.seconds)])
          .concat(['--assume-role-policy-document', JSON.stringify(trust)]),
        ['iam', 'put-role-policy', '--role-name', role.name, '--policy-name', 'fedbridge'].concat([
          '--policy-document',
          JSON.stringify(permissions),
        ]),
      ]);
    });

    it('prints commented-out commands that change an existing role', () => {
      const [, existing = ''] = script.split(/^# If the role already exists, .*\n/m);
      const { commands, stderr } = shellOf(existing.replaceAll(/^# /gm, ''), role.account);
      assert.equal(stderr, '');
      assert.deepEqual(
        commands.map(([, action]) => action),
        ['update-assume-role-policy', 'update-role', 'put-role-policy'],
      );
      assert.deepEqual(withoutSpaces(commands[0] ?? []).at(-1), JSON.stringify(trust));
    });

    it("prints commands that change nothing if they run with another account's credentials", () => {
      const { commands, stderr } = shellOf(script, '999999999999');
      assert.deepEqual(commands, []);
      assert.match(stderr, new RegExp(`Not applied to role ${role.name} in account ${role.account}`));
    });
  });
}

/** Runs a script with a stub of the AWS CLI, and returns the commands that the stub recorded. */
function shellOf(script: string, account: string) {
  const stub = `aws() {
  if [ "$*" = 'sts get-caller-identity --query Account --output text' ]; then echo '${account}'; return; fi
  printf '%s\\0' "$@"; printf '\\n\\0'
}
`;
  const { stdout, status, stderr } = spawnSync('sh', ['-u'], { input: stub + script, encoding: 'utf8' });
  const commands = stdout.split('\n\0').slice(0, -1);
  return { commands: commands.map((command) => command.split('\0').slice(0, -1)), status, stderr };
}

/** @returns the command with its policies as compact JSON */
const withoutSpaces = (command: readonly string[]): readonly string[] =>
  command.map((text) => (text.startsWith('{') ? JSON.stringify(JSON.parse(text)) : text));

describe('fedbridge read-policy', () => {
  it('prints a trust policy that names every role that assumes the given role', () => {
    const other = { arn: 'arn:aws:iam::123456789012:role/other', then: [{ arn: DATA }] };
    const shared = fileWith('shared.yaml', ['roles lake then', [{ arn: DATA }]], ['roles other', other]);
    const trust = /"AssumeRolePolicyDocument":.*"Policies"/.exec(
      JSON.stringify(json('read-policy', DATA, '--cloudformation', '--config', shared)),
    );
    assert.match(trust?.[0] ?? '', /role\/gcp-lake-read".*role\/other"/);
  });

  const resolved = fileWith('resolved.yaml', ['grants', [{ ...grant, prefix: '{{resolve:ssm:x}}/' }]]);
  for (const [args, code, message] of [
    [['--cloudformation', '--cli', '--config', PLAIN], 2, /cannot be combined; give only one/],
    [['--unique-id', UNIQUE_ID, '--config', PLAIN], 2, /--unique-id needs --cloudformation or --cli/],
    [
      ['--cli', '--unique-id', 'x', '--config', PLAIN],
      1,
      /--unique-id: must be the service account's numeric unique ID/,
    ],
    [['--cloudformation', '--unique-id', UNIQUE_ID, '--config', resolved], 1, /"\{\{resolve:".*Use --cli/],
  ] as const) {
    it(`prints only an error for the arguments "${args.join(' ').replaceAll(directory, '')}"`, () => {
      const { status, stdout, stderr } = fedbridge('read-policy', 'lake', ...args);
      assert.deepEqual([status, stdout], [code, '']);
      assert.match(stderr, message);
    });
  }
});
