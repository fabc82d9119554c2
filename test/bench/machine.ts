// Checks that the machine has the programs that the benchmarks need, and describes the machine for the report.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { searchPath } from './children.ts';

/** The required programs and their Debian packages. */
const NEEDED = { nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' };

/** @throws Error with the command that installs the missing programs */
function checkMachine(needed: Readonly<Record<string, string>>): void {
  if (process.platform !== 'linux') throw new Error('The bench needs Linux: taskset and /proc.');
  if (availableParallelism() < 2)
    throw new Error('The bench needs two cores: one for the load, one for what is measured.');
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

/** Pins this process to a different core, so that its garbage collector does not run on the measured core. */
export function pinSelf(core: number): void {
  execFileSync('taskset', ['-acp', String(core), String(process.pid)], { stdio: 'ignore' });
}

/**
 * Describes the machine in lines without paths or host names. Must be called before `pinSelf`, because only one core is counted
 * after that.
 * @param needs additional required programs and their Debian packages
 * @throws Error with a fix if the benchmark cannot run on this machine
 */
export function describeMachine(needs: Readonly<Record<string, string>> = {}): string[] {
  checkMachine({ ...NEEDED, ...needs });
  const cpu = /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  return [
    `CPU: ${cpu}, ${availableParallelism()} cores`,
    `Node ${process.version}, ${versionOf('nginx', ['-v'])}, ${versionOf('wrk', ['-v'])}`,
  ];
}

/** Reads standard error too, where nginx prints its version, and ignores the exit code, because wrk exits with 1. */
function versionOf(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { env: { PATH: searchPath() }, encoding: 'utf8' });
  const version = /\d+\.\d+(?:\.\d+)?/.exec(stdout + stderr)?.[0] ?? 'of unknown version';
  return `${program} ${version}`;
}
