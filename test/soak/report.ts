// Defines a soak's results, and formats them as text.
import type { Holdings } from './soaked-bridge.ts';
import type { Finding, Sums } from './tally.ts';

export interface Report extends Omit<Sums, 'findings'> {
  readonly seed: number;
  readonly seconds: number;
  readonly spells: number;
  /** For each kind of S3 fault, the number of the bridge's requests that it affected. */
  readonly strikes: Readonly<Record<string, number>>;
  /** Measurements of the idle bridge: `before` is taken after a first period of load, and `after` at the end. */
  readonly before: Holdings;
  readonly after: Holdings;
  readonly findings: readonly Finding[];
}

/** The maximum growth that is not reported as a leak, because Node's own caches can cause it. */
const MAX_GROWTH = {
  heapUsed: 6 * 1024 * 1024,
  external: 4 * 1024 * 1024,
  resident: 64 * 1024 * 1024,
  fileDescriptors: 2,
  inFlight: 0,
} as const satisfies Partial<Record<keyof Holdings, number>>;
const MAX_MORE_RESOURCES = 2;

export function leaksOf(before: Holdings, after: Holdings): Finding[] {
  const leak = (what: string, was: number, is: number): Finding => ({
    plan: -1,
    kind: 'leak',
    path: '',
    requestId: undefined,
    found: `${what}: ${was} before, ${is} after`,
  });
  const grown = (Object.keys(MAX_GROWTH) as (keyof typeof MAX_GROWTH)[]).flatMap((name) =>
    // This comparison must not be replaced with `>`, because NaN must be reported as a leak.
    after[name] - before[name] <= MAX_GROWTH[name] ? [] : [leak(name, before[name], after[name])],
  );
  const kept = Object.entries(after.resources).flatMap(([type, is]) => {
    const was = before.resources[type] ?? 0;
    return is - was <= MAX_MORE_RESOURCES ? [] : [leak(type, was, is)];
  });
  return [...grown, ...kept];
}

const MIB = 1024 * 1024;
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

export function textOf(report: Report): string {
  const { before, after, findings } = report;
  const held = (name: 'resident' | 'heapUsed' | 'external'): string =>
    `${mib(before[name])} → ${mib(after[name])}`;
  const unexpected = Object.values(report.explained).reduce((sum, count) => sum + count, 0);
  return [
    `seed ${report.seed}, ${Math.round(report.seconds)} s: ${report.requests} requests, ${mib(report.bytes)}, ${report.spells} spells of weather`,
    ...Object.entries(report.byKind)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([kind, verdicts]) => `  ${kind.padEnd(14)} ${counts(verdicts)}`),
    `faults of S3: ${counts(report.strikes)}; recovered ${report.healed}`,
    `unexpected but explained: ${unexpected}`,
    ...Object.entries(report.explained)
      .toSorted(([, a], [, b]) => b - a)
      .map(([cause, count]) => `  ${String(count).padStart(6)}  ${cause}`),
    `log lines at ERROR: ${report.errorLines}`,
    `resident ${held('resident')}, heap ${held('heapUsed')}, external ${held('external')}`,
    `file descriptors ${before.fileDescriptors} → ${after.fileDescriptors}; in flight ${after.inFlight}; ${counts(before.resources)} → ${counts(after.resources)}`,
    findings.length === 0 ? 'No findings.' : `${findings.length} FINDINGS:`,
    ...findings.map(
      ({ kind, plan, path, found }) => `  ${kind} ${plan < 0 ? '' : `plan ${plan} `}${path}: ${found}`,
    ),
    '',
  ].join('\n');
}
