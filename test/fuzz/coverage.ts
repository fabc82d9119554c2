// Uses V8's block coverage to measure which characters of the bridge's source code have been executed.
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/** For each script URL, an array with one byte per character: 1 if the character was executed. */
export type Ran = ReadonlyMap<string, Uint8Array>;

/** The start of a range of code that was executed for the first time. */
export interface Place {
  readonly url: string;
  readonly offset: number;
}

export interface Coverage {
  /** Returns the code that was executed since the last call. */
  ran(): Promise<Ran>;
  fresh(ran: Ran): readonly Place[];
  /** Records the code as executed, so that `fresh` does not return it again. */
  keep(ran: Ran): void;
  /** For each script, returns the share of its characters that have been executed. */
  reached(): readonly (readonly [file: string, share: number])[];
}

/** Must be called before the measured modules are loaded, because their top-level code runs when they are loaded. */
export async function measureCoverage(isOurs: (url: string) => boolean): Promise<Coverage> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const everRan = new Map<string, Uint8Array>();
  return {
    ran: async () => {
      const { result } = await session.post('Profiler.takePreciseCoverage');
      return new Map(result.filter(({ url }) => isOurs(url)).map((script) => [script.url, painted(script)]));
    },
    fresh: (ran) => {
      const places: Place[] = [];
      for (const [url, now] of ran) {
        const before = everRan.get(url);
        for (let i = 0; i < now.length; i += 1) {
          const isFresh = now[i] === 1 && before?.[i] !== 1;
          if (isFresh && (now[i - 1] !== 1 || before?.[i - 1] === 1)) places.push({ url, offset: i });
        }
      }
      return places;
    },
    keep: (ran) => {
      for (const [url, now] of ran) {
        const before = everRan.get(url);
        if (before === undefined || before.length < now.length) {
          now.set(before?.map((each, i) => each | (now[i] ?? 0)) ?? []);
          everRan.set(url, now);
        } else now.forEach((each, i) => (before[i] = (before[i] ?? 0) | each));
      }
    },
    reached: () =>
      [...everRan].map(([url, ran]) => [
        url.replace(/^.*\/src\//, 'src/'),
        ran.reduce((sum, each) => sum + each, 0) / Math.max(1, ran.length),
      ]),
  };
}

/** V8 reports outer ranges first. Inner ranges are more precise, so they overwrite the outer ranges. */
function painted({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const end = Math.max(0, ...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset)));
  const ran = new Uint8Array(end);
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
