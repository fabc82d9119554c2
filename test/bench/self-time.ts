// Summarizes a CPU profile: the time in each function, with and without the functions that it called, and in each file and
// package.
import type { CpuProfile } from './inspector.ts';

export interface Share {
  readonly name: string;
  /** The share of the time during which the process was not idle. */
  readonly share: number;
}

export interface SelfTimes {
  /** The share of the total time during which the process was idle. */
  readonly idle: number;
  /** The share of the busy time that garbage collection used. */
  readonly garbage: number;
  /** Time in native code outside any JavaScript function, such as libuv, the kernel and crypto. */
  readonly native: number;
  readonly functions: readonly Share[];
  /** The time in each function, including the functions that it called. */
  readonly whole: readonly Share[];
  readonly files: readonly Share[];
  readonly packages: readonly Share[];
}

const IDLE = '(idle)';
const GARBAGE = '(garbage collector)';
const NATIVE = '(program)';

type Frame = CpuProfile['nodes'][number]['callFrame'];

export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTimes {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const callers = new Map(nodes.flatMap(({ id, children }) => children.map((child) => [child, id] as const)));
  const whole = new Map<string, number>();
  const [functions, files, packages] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  let total = 0;
  samples.forEach((id, index) => {
    const frame = frames.get(id);
    // A sample represents the time until the next sample.
    const time = timeDeltas[index + 1] ?? 0;
    if (frame === undefined || time < 0) return;
    total += time;
    const file = fileOf(frame);
    add(functions, nameOf(frame), time);
    for (const name of namesAbove(id, frames, callers)) add(whole, name, time);
    add(files, file, time);
    add(packages, packageOf(file), time);
  });
  const idle = functions.get(IDLE) ?? 0;
  const busy = total - idle;
  const shares = (times: ReadonlyMap<string, number>): Share[] =>
    [...times]
      .filter(([name]) => name !== IDLE)
      .map(([name, time]) => ({ name, share: time / busy }))
      .sort((a, b) => b.share - a.share);
  return {
    idle: idle / total,
    garbage: (functions.get(GARBAGE) ?? 0) / busy,
    native: (functions.get(NATIVE) ?? 0) / busy,
    functions: shares(functions),
    whole: shares(whole),
    files: shares(files),
    packages: shares(packages),
  };
}

/** Returns a function's name and its callers' names. Each name occurs only once, even if the function is recursive. */
function namesAbove(
  id: number,
  frames: ReadonlyMap<number, Frame>,
  callers: ReadonlyMap<number, number>,
): Set<string> {
  const names = new Set<string>();
  for (let at: number | undefined = id; at !== undefined; at = callers.get(at)) {
    const frame = frames.get(at);
    if (frame !== undefined) names.add(nameOf(frame));
  }
  return names;
}

function nameOf(frame: Frame): string {
  const place = frame.url === '' ? '' : ` ${fileOf(frame)}:${frame.lineNumber + 1}`;
  return `${frame.functionName === '' ? '(anonymous)' : frame.functionName}${place}`;
}

function add(times: Map<string, number>, name: string, time: number): void {
  times.set(name, (times.get(name) ?? 0) + time);
}

/** Returns the file's path, starting at its package or at `src/`. */
function fileOf({ url, functionName }: Frame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(built in)';
  return url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/(?=node_modules\/|src\/)/, '')
    .replace('node_modules/', '');
}

/** Returns the name of a package, a folder of this project, `node:*`, or V8's name for other code. */
function packageOf(file: string): string {
  if (file.startsWith('(')) return file;
  if (file.startsWith('node:')) return 'node:*';
  if (!file.startsWith('src/')) return /^(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file;
  const [, folder = ''] = file.split('/');
  return folder.endsWith('.ts') ? 'src' : `src/${folder}`;
}
