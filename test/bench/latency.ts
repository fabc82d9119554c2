// Measures the latency that each contender adds to a request at a constant request rate.
import { LOAD_CORE } from './contenders.ts';
import type { Contender, Field } from './contenders.ts';
import { pacedLoad } from './hey.ts';
import type { PacedLoad } from './hey.ts';
import { markdownTable, spread } from './markdown.ts';
import { check, urlOf } from './measure.ts';
import type { Measurement } from './measure.ts';
import type { BenchObject } from './objects.ts';
import { titleOf } from './report.ts';

/** @param options.requestsPerSecond the request rate, the same for all contenders */
export async function latencyTable(
  { contenders, behind }: Field,
  object: BenchObject,
  options: { readonly measurement: Measurement; readonly requestsPerSecond: number; readonly rounds: number },
): Promise<string> {
  const { measurement, requestsPerSecond, rounds } = options;
  const asked = [behind, ...contenders.filter(({ name }) => ['bridge', 'baseline', 'nginx'].includes(name))];
  const times = new Map<Contender, PacedLoad[]>(asked.map((one) => [one, []]));
  for (const contender of asked) await check(contender, object, measurement);
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of asked) {
      const { connections, seconds, signal } = measurement;
      const load = await pacedLoad(urlOf(contender, object, measurement), {
        core: LOAD_CORE,
        connections,
        requestsPerSecond,
        seconds,
        signal,
        headers: contender.headers,
      });
      times.get(contender)?.push(load);
      process.stderr.write(
        `held ${requestsPerSecond}/s, ${round}/${rounds} ${contender.name}: p99 ${load.p99Ms.toFixed(2)} ms\n`,
      );
    }
  }
  const direct = times.get(behind) ?? [];
  const rows = [...times].map(([contender, own]) => {
    const added = (of: 'p50Ms' | 'p99Ms'): string =>
      contender === behind
        ? ''
        : spread(
            own.map((load, round) => load[of] - (direct[round]?.[of] ?? NaN)),
            2,
          );
    return [
      titleOf(contender.name),
      spread(own.map((load) => load.requestsPerSecond)),
      spread(
        own.map((load) => load.p50Ms),
        2,
      ),
      spread(
        own.map((load) => load.p99Ms),
        2,
      ),
      added('p50Ms'),
      added('p99Ms'),
    ];
  });
  return markdownTable([
    [
      'median (least–most of the rounds)',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'added at p50, ms',
      'added at p99, ms',
    ],
    ...rows,
  ]);
}
