// Simulates a VM: install.sh installs pack.sh's archive below a directory, and tests start the programs that the units name.
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
  /** The directory that corresponds to / on the VM. */
  readonly root: string;
  /** Installs from the archive; rejects with the installer's standard error. */
  install(config: string, options?: { readonly cores: number }): Promise<void>;
  /** Returns the paths of all files and links, each with a value that changes if the file is written. */
  state(): Readonly<Record<string, string>>;
  /** Returns the values of a directive of the installed template unit, in order. */
  directives(name: string): string[];
  /** @returns the ID of a group in the VM's group database @throws Error if the group does not exist */
  groupId(name: string): number;
  /**
   * @returns the program and the environment for the instance with that name; only root can start the program as a different
   * user
   */
  instance(name: string, as?: Identity): { program: Program; environment: Record<string, string> };
  remove(): void;
}

export interface Identity {
  readonly userId?: number;
  /** Replaces the groups that the unit names. */
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
        // nproc prints the value of OMP_NUM_THREADS, so it simulates the number of cores.
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
