// Measures contenders in rounds, each in its turn, so that what slows the machine for a while slows them all.
import type { Contender } from './contenders.ts';
import { check, measure } from './measure.ts';
import type { Measurement, Sample } from './measure.ts';
import type { BenchObject } from './objects.ts';

/** Of the measured core; a sample from which others took more is taken again, so many times in all. */
const DISTURBED = 0.05;
const RETAKES = 15;

/** V8 has compiled what is hot long before; an object or a number of connections that comes later needs less. */
const FIRST_WARM_UP_SECONDS = 3;
const WARM_UP_SECONDS = 1;

/** By contender, one sample a round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export interface Rounds {
  /** @throws Error where a contender does not give exactly the object */
  run(
    contenders: readonly Contender[],
    object: BenchObject,
    measurement: Measurement,
    rounds: number,
  ): Promise<Samples>;
  /** How quiet it was, in a sentence, and whether throughput means something. */
  quietness(): { readonly sentence: string; readonly wasQuiet: boolean };
}

export function createRounds(): Rounds {
  const warm = new Set<number>();
  let retakes = 0;
  let worst = 0;

  /** Whether a sample is kept depends on what others did, never on what it says of the contender. */
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
        for (const contender of contenders) {
          const sample = await undisturbed(() => measure(contender, object, measurement));
          samples.get(contender.name)?.push(sample);
          tell(`${object.name} × ${measurement.connections}, ${round}/${rounds} ${contender.name}`, sample);
        }
      }
      return samples;
    },
    quietness: () => ({
      sentence:
        `others took at most ${(worst * 100).toFixed(0)} % of it in any sample; ${retakes} samples in which ` +
        `they took more than ${DISTURBED * 100} % were taken again`,
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
