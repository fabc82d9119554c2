// Sums a CPU profile up: how much of the time was spent in each function, by itself and with all that it called, in each file
// and each package itself.
import type { CpuProfile } from './inspector.ts';

export interface Share {
  readonly name: string;
  /** Of the time that was not idle. */
  readonly share: number;
}

export interface SelfTimes {
  /** Of the whole time. */
  readonly idle: number;
  /** Collecting garbage, of the time that was not idle. */
  readonly garbage: number;
  /** Native code outside of any function: libuv, the kernel, crypto's entry. */
  readonly native: number;
  readonly functions: readonly Share[];
  /** With all that they called. */
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
    // The time until the next sample is what this one stands for.
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

/** Each once, however often it called itself. */
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

/** As it is named within its package or this project. */
function fileOf({ url, functionName }: Frame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(built in)';
  return url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/(?=node_modules\/|src\/)/, '')
    .replace('node_modules/', '');
}

/** A package, a folder of ours, Node's own modules, or V8's names for what is none of these. */
function packageOf(file: string): string {
  if (file.startsWith('(')) return file;
  if (file.startsWith('node:')) return 'node:*';
  if (!file.startsWith('src/')) return /^(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file;
  const [, folder = ''] = file.split('/');
  return folder.endsWith('.ts') ? 'src' : `src/${folder}`;
}
