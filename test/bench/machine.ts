// What the bench runs on and with: refuses where something is missing, and says what there is for the report.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { searchPath } from './children.ts';

/** Programs, by the Debian package that has them. */
const NEEDED = { nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' };

/** @throws Error with the command that installs what is missing */
function checkMachine(needed: Readonly<Record<string, string>>): void {
  if (process.platform !== 'linux') throw new Error('The bench needs Linux: taskset and /proc.');
  if (availableParallelism() < 2) throw new Error('The bench needs two cores: one loads, one is measured.');
  const missing = Object.entries(needed).filter(
    ([program]) =>
      spawnSync('sh', ['-c', 'command -v "$0"', program], { env: { PATH: searchPath() } }).status !== 0,
  );
  if (missing.length > 0) {
    const packages = missing.map(([, debianPackage]) => debianPackage).join(' ');
    throw new Error(
      `Missing: ${missing.map(([program]) => program).join(', ')}. On Debian, as root:\n` +
        `  apt-get update && apt-get install -y --no-install-recommends ${packages}\n` +
        'It may start the nginx service, which the bench does not need.',
    );
  }
}

/** The bench itself loads nobody, but collects its garbage: on the core that is not measured. */
export function pinSelf(core: number): void {
  execFileSync('taskset', ['-acp', String(core), String(process.pid)], { stdio: 'ignore' });
}

/**
 * One line each, without paths or host names; asked before `pinSelf`, which leaves one core to count.
 * @param needs further programs, by the Debian package that has them
 * @throws Error where the bench cannot run, with the remedy
 */
export function describeMachine(needs: Readonly<Record<string, string>> = {}): string[] {
  checkMachine({ ...NEEDED, ...needs });
  const cpu = /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  return [
    `CPU: ${cpu}, ${availableParallelism()} cores`,
    `Node ${process.version}, ${versionOf('nginx', ['-v'])}, ${versionOf('wrk', ['-v'])}`,
  ];
}

/** nginx says it on standard error, wrk with exit code 1. */
function versionOf(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { env: { PATH: searchPath() }, encoding: 'utf8' });
  const version = /\d+\.\d+(?:\.\d+)?/.exec(stdout + stderr)?.[0] ?? 'of unknown version';
  return `${program} ${version}`;
}
