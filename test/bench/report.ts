// Turns samples into the table that the bench prints: medians, their spread, and ratios round by round.
import { markdownTable, spread } from './markdown.ts';
import type { Sample } from './measure.ts';
import type { BenchObject } from './objects.ts';
import type { Samples } from './rounds.ts';

/** One object at one number of connections. */
export interface Cell {
  readonly object: BenchObject;
  readonly connections: number;
  readonly samples: Samples;
}

const TITLES: Readonly<Record<string, string>> = {
  bridge: 'Fedbridge',
  baseline: 'Fedbridge, baseline',
  nginx: 'nginx as a reverse proxy',
  SDK: 'Express + `GetObjectCommand`',
  memory: 'Express from memory',
  bare: '`node:http` and sockets, nothing else',
};

export const titleOf = (name: string): string => TITLES[name] ?? name;

/** Below so many requests a percentile is an anecdote. */
const FEWEST = { p50: 20, p99: 200 } as const;

const HEADS = [
  'object',
  'connections',
  'median (least–most of the rounds)',
  'requests/s',
  'MiB/s',
  'CPU µs/request',
  'CPU µs/MiB',
  'p50 ms',
  'p99 ms',
  'core busy %',
  'Fedbridge: throughput ×',
  'CPU ×',
];

export function report(cells: readonly Cell[]): string {
  return markdownTable([HEADS, ...cells.flatMap(rowsOf)], 3);
}

function rowsOf({ object, connections, samples }: Cell): string[][] {
  return [...samples].map(([name, own]) => {
    const figures = (of: (sample: Sample) => number, digits?: number): string =>
      spread(
        own.map((sample) => of(sample)),
        digits,
      );
    const time = (of: 'p50Ms' | 'p99Ms', fewest: number): string =>
      own.some(({ requests }) => requests < fewest) ? '' : figures((sample) => sample[of], 2);
    const perRequest = (figure: string): string => (object.isLarge ? '' : figure);
    const perMib = (figure: string): string => (object.isLarge ? figure : '');
    const beside = (of: (sample: Sample) => number): string =>
      name === 'bridge' ? '' : ratio(samples.get('bridge') ?? [], own, of);
    return [
      object.name,
      String(connections),
      titleOf(name),
      perRequest(figures((sample) => sample.requestsPerSecond)),
      perMib(figures((sample) => sample.mibPerSecond)),
      perRequest(figures((sample) => sample.cpuMicrosecondsPerRequest)),
      perMib(figures((sample) => sample.cpuMicrosecondsPerMib)),
      time('p50Ms', FEWEST.p50),
      time('p99Ms', FEWEST.p99),
      figures((sample) => sample.busy * 100),
      // By bytes, as an answer may take longer than the load.
      beside((sample) => sample.mibPerSecond),
      beside((sample) => sample.cpuMicrosecondsPerMib),
    ];
  });
}

/** Each within one round: what slows the whole machine slows both. */
function ratio(bridge: readonly Sample[], others: readonly Sample[], of: (sample: Sample) => number): string {
  const ratios = bridge.flatMap((own, round) => {
    const other = others[round];
    return other === undefined ? [] : of(own) / of(other);
  });
  return ratios.length === 0 ? '' : spread(ratios, 2);
}
