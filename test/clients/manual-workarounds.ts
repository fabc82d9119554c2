// Simulates a new user's machine with fedbridge, the AWS CLI, profiles and a configuration.
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FEDBRIDGE, startAsTheBridge, withRoles } from '../cli/as-the-bridge.ts';
import type { AsTheBridge, Outcome } from '../cli/as-the-bridge.ts';
import { TO_LAKE_DATA } from '../support/chain.ts';
import { PATH } from './program.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const PAGE = 'docs/how-to/move-from-access-keys.md';

export interface ByHand {
  readonly here: AsTheBridge;
  /** The environment of processes on this machine; AWS profiles are in the file `config`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns a command from the page, changed so that it uses this machine's files. */
  command(text: string): string;
  /** Writes a line from the page to a profile `lake`. @returns the variable that selects the profile */
  asProfile(text: string): { readonly AWS_PROFILE: string };
  /** Runs lines in bash until one fails; the shell functions `sts` and `s3` run the AWS CLI against the sandbox. */
  attempt(lines: readonly string[], more?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Runs lines in bash that must succeed, and returns their output. */
  shell(lines: readonly string[], more?: Readonly<Record<string, string>>): Promise<string>;
  /** All arguments with which `command` was called. */
  readonly played: ReadonlySet<string>;
}

export async function startByHand(): Promise<ByHand> {
  const here = await startAsTheBridge();
  const { directory, contract } = here;
  const lake = `arn: "${contract.role}"`;
  here.file('fedbridge.yaml', withRoles(contract, { lake, partner: `${lake}, then: [{ ${TO_LAKE_DATA} }]` }));
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'fedbridge'), `#!/bin/sh\nexec ${FEDBRIDGE} "$@"\n`, { mode: 0o755 });
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  // Unlike later versions, Debian's aws cli does not read endpoints from the environment.
  const aws = (service: string, url: string) => `${service}() { aws --endpoint-url ${url} ${service} "$@"; }`;
  here.file('aws.sh', [aws('sts', contract.sts), aws('s3', contract.s3), ''].join('\n'));
  const environment = {
    PATH: `${bin}:${PATH}`,
    FEDBRIDGE_CONFIG: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_CONFIG_FILE: join(directory, 'config'),
  };
  const played = new Set<string>();
  const command: ByHand['command'] = (text) => {
    played.add(text);
    return text.replaceAll('/etc/', `${directory}/`);
  };
  const attempt: ByHand['attempt'] = (lines, more = {}) => {
    const script = ['set -euo pipefail', '. ./aws.sh', ...lines].join('\n');
    return here.spawn('bash', ['-c', script], { ...environment, ...more });
  };
  return {
    here,
    environment,
    command,
    attempt,
    played,
    asProfile: (text) => {
      here.file('config', ['[profile lake]', command(text), ''].join('\n'));
      return { AWS_PROFILE: 'lake' };
    },
    shell: async (lines, more) => {
      const { code, stdout, stderr } = await attempt(lines, more);
      assert.deepEqual([code, stderr], [0, ''], stdout);
      return stdout;
    },
  };
}

/** @returns the commands in the second column of the page's table */
export async function documented(): Promise<ReadonlySet<string>> {
  const lines = (await readFile(join(ROOT, PAGE), 'utf8')).split('\n');
  const start = lines.findIndex((line) => line.startsWith('| what you do today |'));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  assert.ok(start > 0 && end > start + 2);
  const spans = lines
    .slice(start + 2, end)
    .flatMap((line) => [...(line.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)]);
  return new Set(spans.flatMap(([, text = '']) => (text.includes('fedbridge ') ? [text] : [])));
}
