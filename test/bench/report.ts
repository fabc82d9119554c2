// Turns samples into the tables that the bench prints: medians, spread, and ratios round by round.
import type { ContenderName } from './contenders.ts';
import type { Sample } from './measure.ts';
import type { BenchObject } from './objects.ts';

export interface Outcome {
  readonly object: BenchObject;
  /** By contender: one sample a round. */
  readonly samples: ReadonlyMap<ContenderName, readonly Sample[]>;
}

const TITLES: Readonly<Record<ContenderName, string>> = {
  bridge: 'Fedbridge',
  nginx: 'nginx as a reverse proxy',
  SDK: 'Express + `GetObjectCommand`',
  memory: 'Express from memory',
};

/** Markdown. @param resident MiB after all rounds, by contender */
export function report(outcomes: readonly Outcome[], resident: ReadonlyMap<ContenderName, number>): string {
  return outcomes
    .map((outcome) => `## ${outcome.object.name}\n\n${tableOf(outcome, resident)}\n${ratiosOf(outcome)}`)
    .join('\n');
}

function tableOf({ object, samples }: Outcome, resident: ReadonlyMap<ContenderName, number>): string {
  const isLarge = object.name === '1 MiB';
  const rows = [...samples].map(([name, own]) => [
    TITLES[name],
    // At 1 MiB requests a second are MiB a second.
    spread(own.map((sample) => sample.requestsPerSecond)),
    spread(own.map((sample) => sample.cpuMicrosecondsPerRequest)),
    spread(
      own.map((sample) => sample.p50Ms),
      2,
    ),
    spread(
      own.map((sample) => sample.p99Ms),
      2,
    ),
    spread(own.map((sample) => sample.busy * 100)),
    (resident.get(name) ?? 0).toFixed(0),
  ]);
  const heads = [
    'median (least–most of the rounds)',
    isLarge ? 'MiB/s' : 'requests/s',
    isLarge ? 'CPU µs/MiB' : 'CPU µs/request',
    'p50 ms',
    'p99 ms',
    'core busy %',
    'resident MiB',
  ];
  return markdownTable([heads, ...rows]);
}

/** The bridge beside the others, each ratio within one round: what slows the whole machine slows both. */
function ratiosOf({ samples }: Outcome): string {
  const bridge = samples.get('bridge') ?? [];
  const rows = [...samples]
    .filter(([name]) => name !== 'bridge')
    .map(([name, others]) => {
      const ratio = (of: (sample: Sample) => number): string =>
        spread(
          bridge.flatMap((own, round) => (others[round] === undefined ? [] : of(own) / of(others[round]))),
          2,
        );
      return [
        TITLES[name],
        ratio((sample) => sample.requestsPerSecond),
        ratio((sample) => sample.cpuMicrosecondsPerRequest),
      ];
    });
  return markdownTable([['Fedbridge beside', 'throughput ×', 'CPU ×'], ...rows]);
}

/** The largest share of the measured core that went to others, in percent. */
export function worstForeign(outcomes: readonly Outcome[]): number {
  const all = outcomes.flatMap(({ samples }) => [...samples.values()].flat());
  return Math.max(...all.map(({ foreign }) => foreign * 100));
}

function spread(values: readonly number[], digits?: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
  const show = (value: number): string => value.toFixed(digits ?? (median < 10 ? 1 : 0));
  return `${show(median)} (${show(sorted[0] ?? NaN)}–${show(sorted.at(-1) ?? NaN)})`;
}

/** As Prettier sets it. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const [head = [], ...body] = rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    ),
  );
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [head, rule, ...body].map(line).join('');
}
