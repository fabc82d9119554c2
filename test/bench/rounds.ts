// Measures contenders in alternating rounds, so that a temporary slowdown of the machine affects all of them.
import type { Contender } from './contenders.ts';
import { check, measure } from './measure.ts';
import type { Measurement, Sample } from './measure.ts';
import type { BenchObject } from './objects.ts';

/**
 * The share of the measured core that other programs may use. If they use more, the sample is repeated, at most `RETAKES` times
 * in total.
 */
const DISTURBED = 0.05;
const RETAKES = 15;

/** The duration of the first warm-up: long enough for V8 to compile the hot code. Later warm-ups can be shorter. */
const FIRST_WARM_UP_SECONDS = 3;
const WARM_UP_SECONDS = 1;

/** Each contender's samples, one for each round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export interface Rounds {
  /** @throws Error if a contender does not return exactly the object */
  run(
    contenders: readonly Contender[],
    object: BenchObject,
    measurement: Measurement,
    rounds: number,
  ): Promise<Samples>;
  /**
   * Describes the load from other programs. `wasQuiet` is false if this load was too high for a meaningful measurement of
   * throughput.
   */
  quietness(): { readonly sentence: string; readonly wasQuiet: boolean };
}

export function createRounds(): Rounds {
  const warm = new Set<number>();
  let retakes = 0;
  let worst = 0;

  /** Repeats a sample only because of load from other programs, never because of the contender's result. */
  const undisturbed = async (sampled: () => Promise<Sample>): Promise<Sample> => {
    let sample = await sampled();
    while (sample.foreign > DISTURBED && retakes < RETAKES) {
      retakes += 1;
      sample = await sampled();
    }
    worst = Math.max(worst, sample.foreign);
    return sample;
  };

  return {
    run: async (contenders, object, measurement, rounds) => {
      for (const contender of contenders) {
        await check(contender, object, measurement);
        const seconds = warm.has(contender.pid) ? WARM_UP_SECONDS : FIRST_WARM_UP_SECONDS;
        warm.add(contender.pid);
        await measure(contender, object, { ...measurement, seconds });
      }
      const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
      for (let round = 1; round <= rounds; round += 1) {
        // The order alternates, so that no contender always follows the same other one.
        for (const contender of round % 2 === 0 ? contenders.toReversed() : contenders) {
          const sample = await undisturbed(() => measure(contender, object, measurement));
          samples.get(contender.name)?.push(sample);
          tell(`${object.name} × ${measurement.connections}, ${round}/${rounds} ${contender.name}`, sample);
        }
      }
      return samples;
    },
    quietness: () => ({
      sentence:
        `others used at most ${(worst * 100).toFixed(0)} % of it in any sample; ${retakes} samples in which ` +
        `they used more than ${DISTURBED * 100} % were repeated`,
      wasQuiet: worst <= DISTURBED,
    }),
  };
}

function tell(what: string, sample: Sample): void {
  const { requestsPerSecond, mibPerSecond, cpuMicrosecondsPerRequest: cpu, foreign } = sample;
  process.stderr.write(
    `${what.padEnd(30)} ${requestsPerSecond.toFixed(0).padStart(6)}/s ${mibPerSecond.toFixed(0).padStart(5)} MiB/s ` +
      `${cpu.toFixed(1).padStart(7)} µs CPU  others ${(foreign * 100).toFixed(1)} %\n`,
  );
}
