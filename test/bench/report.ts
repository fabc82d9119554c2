// Formats samples as a Markdown table of medians, ranges and ratios.
import { markdownTable, spread } from './markdown.ts';
import type { Sample } from './measure.ts';
import type { BenchObject } from './objects.ts';
import type { Samples } from './rounds.ts';

/** The samples for one object and one number of connections. */
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
  h2c: 'Fedbridge over HTTP/2',
  bare: '`node:http` and sockets, nothing else',
  'bare-h2c': '`node:http2` and sockets, nothing else',
};

export const titleOf = (name: string): string => TITLES[name] ?? name;

/** The minimum number of requests for a meaningful percentile. */
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
      // Large objects are compared by bytes per second, because a single response may take longer than the load lasts. Small
      // objects are compared by requests, because wrk also counts the bytes in headers.
      beside((sample) => (object.isLarge ? sample.mibPerSecond : sample.requestsPerSecond)),
      beside((sample) => (object.isLarge ? sample.cpuMicrosecondsPerMib : sample.cpuMicrosecondsPerRequest)),
    ];
  });
}

/** Each ratio compares two samples of the same round, because a slowdown of the machine affects both. */
function ratio(bridge: readonly Sample[], others: readonly Sample[], of: (sample: Sample) => number): string {
  const ratios = bridge.flatMap((own, round) => {
    const other = others[round];
    return other === undefined ? [] : of(own) / of(other);
  });
  return ratios.length === 0 ? '' : spread(ratios, 2);
}
