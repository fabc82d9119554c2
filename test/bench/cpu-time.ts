// Reads from /proc what processes have used: processor time, memory, and how busy a whole core was.
import { readFileSync, writeFileSync } from 'node:fs';

/** USER_HZ, in which the kernel reports to user space: 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/** A process and those that it started, as nginx's workers. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => family(Number(child))))];
}

/** User and system time of all threads (proc(5), /proc/pid/stat, fields 14 and 15). */
export function cpuSeconds(pid: number): number {
  return sum(
    family(pid).map((member) => {
      const stat = readFileSync(`/proc/${member}/stat`, 'utf8');
      // The second field is the program's name, in parentheses, and may hold spaces.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
    }),
  );
}

/** VmRSS of the process and its children; pages that they share count for each. */
export const residentMiB = (pid: number): number => statusMiB(pid, /^VmRSS:\s*(\d+) kB/m);

/** VmHWM: the most that was resident since the start, or since `forgetPeak`. */
export const peakMiB = (pid: number): number => statusMiB(pid, /^VmHWM:\s*(\d+) kB/m);

/** proc(5), /proc/pid/clear_refs: 5 sets the peak back to what is resident now. */
export function forgetPeak(pid: number): void {
  for (const member of family(pid)) writeFileSync(`/proc/${member}/clear_refs`, '5');
}

function statusMiB(pid: number, line: RegExp): number {
  return sum(
    family(pid).map((member) => {
      const status = readFileSync(`/proc/${member}/status`, 'utf8');
      return Number(line.exec(status)?.[1] ?? 0) / 1024;
    }),
  );
}

/** What anybody used of a core, with what the hypervisor took from it (proc(5), /proc/stat). */
export function coreBusySeconds(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_A_SECOND;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
