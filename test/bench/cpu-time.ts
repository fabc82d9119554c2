// Reads processes' CPU time and memory, and a core's busy time, from /proc.
import { readFileSync, writeFileSync } from 'node:fs';

/** USER_HZ, the kernel's unit for CPU times: 100 on every Linux platform that Node supports. */
const TICKS_A_SECOND = 100;

/** Returns the IDs of a process and its descendants, such as nginx's workers. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => family(Number(child))))];
}

/** Returns the user and system time of a process and its descendants (proc(5), /proc/pid/stat, fields 14 and 15). */
export function cpuSeconds(pid: number): number {
  return sum(
    family(pid).map((member) => {
      const stat = readFileSync(`/proc/${member}/stat`, 'utf8');
      // The second field is the program's name, in parentheses, and may contain spaces.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
    }),
  );
}

/**
 * Returns the VmRSS of the process and its descendants. If several processes share a page, it is counted once for each process.
 */
export const residentMiB = (pid: number): number => statusMiB(pid, /^VmRSS:\s*(\d+) kB/m);

/** Returns VmHWM, the peak resident size since the process started or `forgetPeak` was called. */
export const peakMiB = (pid: number): number => statusMiB(pid, /^VmHWM:\s*(\d+) kB/m);

/** Resets the peak to the current resident size, by writing 5 to the file (proc(5), /proc/pid/clear_refs). */
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

/** Returns the time during which a core was not idle, including time stolen by the hypervisor (proc(5), /proc/stat). */
export function coreBusySeconds(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_A_SECOND;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
