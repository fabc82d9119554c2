// A VM for a test: what pack.sh packs, installed by install.sh below a directory, and the processes that its units would start.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Program } from '../support/bridge-process.ts';
import { ROOT } from './dockerfile.ts';
import { makeDirectory, USER_ID } from './image.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

export interface Vm {
  /** What is / on the VM. */
  readonly root: string;
  /** Installs from the archive; rejects with what it says on standard error. */
  install(config: string, options?: { readonly cores: number }): Promise<void>;
  /** The paths of all files and links, with what would change if one were written. */
  state(): Readonly<Record<string, string>>;
  /** Values of a directive of the installed template unit, in order. */
  directives(name: string): string[];
  /** The number that the VM's own database has for a group. @throws Error if it has no such group */
  groupId(name: string): number;
  /** What the instance of that name runs, and what it sets in the environment. Only root can start it as another user. */
  instance(name: string, as?: Identity): { program: Program; environment: Record<string, string> };
  remove(): void;
}

export interface Identity {
  readonly userId?: number;
  /** Instead of those that the unit names. */
  readonly groupIds?: readonly number[];
}

export const UNITS = 'etc/systemd/system';

export async function makeVm(): Promise<Vm> {
  const directory = makeDirectory();
  const [archive, root, config] = ['fedbridge.tar', 'root', 'config.yaml'].map((name) =>
    join(directory, name),
  );
  if (archive === undefined || root === undefined || config === undefined) throw new Error('no names');
  await run('sh', [`${ROOT}deploy/gce/pack.sh`, archive]);
  await run('tar', ['-xf', archive, '-C', directory]);
  mkdirSync(join(root, 'etc'), { recursive: true });
  const read = (): string => readFileSync(join(root, UNITS, 'fedbridge@.service'), 'utf8');
  const directives = (name: string): string[] =>
    [...read().matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  const groupId = (name: string): number => {
    const [, id] =
      new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(readFileSync(join(root, 'etc/group'), 'utf8')) ?? [];
    if (id === undefined) throw new Error(`There is no group ${name}.`);
    return Number(id);
  };
  const here = (text: string): string => text.replace(/(^|=)\/(opt|etc)\//g, `$1${root}/$2/`);
  return {
    root,
    directives,
    groupId,
    install: async (text, { cores } = { cores: 2 }) => {
      writeFileSync(config, text);
      await run('sh', [join(directory, 'fedbridge/gce/install.sh'), config], {
        // nproc goes by it.
        env: { PATH: process.env['PATH'], ROOT: root, OMP_NUM_THREADS: String(cores) },
      });
    },
    state: () =>
      Object.fromEntries(
        readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => {
          const { ino, mtimeMs } = statSync(join(root, path));
          return [relative(root, join(root, path)), `${ino} ${mtimeMs}`];
        }),
      ),
    instance: (
      name,
      { userId = USER_ID, groupIds = directives('SupplementaryGroups').map(groupId) } = {},
    ) => {
      const command = (directives('ExecStart')[0] ?? '').split(' ').map(here);
      const groups = groupIds.length === 0 ? '--clear-groups' : `--groups=${groupIds.join()}`;
      const asUser = ['setpriv', `--reuid=${userId}`, `--regid=${userId}`, groups];
      const pairs = directives('Environment').flatMap((line) => line.replaceAll('%i', name).split(' '));
      return {
        program: { command: isRoot ? [...asUser, ...command] : command, options: { cwd: '/' } },
        environment: Object.fromEntries(
          pairs.map((pair) => {
            const [variable = '', value = ''] = here(pair).split(/=(.*)/s);
            return [variable, value];
          }),
        ),
      };
    },
    remove: () => {
      rmSync(directory, { recursive: true });
    },
  };
}
