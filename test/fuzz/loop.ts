// Runs the fuzzing loop, which keeps cases that execute new code and mutates them to create further cases.
import { measureCoverage } from './coverage.ts';
import type { Coverage, Place, Ran } from './coverage.ts';
import type { FuzzCase } from './fuzz-case.ts';
import type { Judge } from './judge.ts';
import { mutate } from './mutate.ts';
import { seededRandom } from '../support/random.ts';
import { asTarget } from './received.ts';
import { SEEDS } from './seeds.ts';

export interface Failure {
  readonly breach: string;
  readonly failing: FuzzCase;
}

export interface LoopReport {
  readonly cases: number;
  readonly corpus: number;
  readonly reached: Awaited<ReturnType<Coverage['reached']>>;
  readonly slowestMs: number;
  readonly failure?: Failure;
}

/** The number of cases between two coverage checks. A check takes a few milliseconds. */
const BATCH = 250;

/** A case fails if it takes more CPU time than this. A 16 KiB case normally takes less than a millisecond. */
const SLOW_MS = 100;

/** The source files to fuzz: all steps from the caller's request to the signed request to S3. */
const OURS = new RegExp(
  [
    '/src/errors/fault.ts$|/src/policy/iam-actions.ts$|/src/api/request-headers.ts$',
    '/src/auth/(?:authenticate|authorize|grants|verify-token|visible-prefixes).ts$',
    '/src/s3/(?:endpoint|if-range|operation|parse-operation|signature|target).ts$',
  ].join('|'),
);

/**
 * @param options.judge creates the judge; called after coverage measurement has started
 * @param options.begin called with each case before it is judged
 */
export async function fuzzLoop(options: {
  readonly cases: number;
  readonly seed: number;
  readonly judge: () => Promise<Judge>;
  readonly begin: (each: FuzzCase) => void;
}): Promise<LoopReport> {
  const coverage = await measureCoverage((url) => OURS.test(url));
  const random = seededRandom(options.seed);
  const timed = await timedJudge(options);
  const corpus: FuzzCase[] = [];
  let cases = 0;

  const run = async (batch: readonly FuzzCase[]): Promise<Failure | undefined> => {
    for (const each of batch) {
      cases += 1;
      const breach = await timed.judge(each);
      if (breach !== undefined) return { breach, failing: each };
    }
    return undefined;
  };
  const report = (failure?: Failure): LoopReport => ({
    cases,
    corpus: corpus.length,
    reached: coverage.reached(),
    slowestMs: timed.slowestMs(),
    ...(failure === undefined ? {} : { failure }),
  });

  for (let batch: readonly FuzzCase[] = SEEDS; cases < options.cases; batch = nextBatch()) {
    const failure = await run(batch);
    if (failure !== undefined) return report(failure);
    const ran = await coverage.ran();
    const fresh = coverage.fresh(ran);
    coverage.keep(ran);
    if (fresh.length > 0) corpus.push(...(await whichReach(batch, fresh, run, coverage)));
  }
  return report();

  function nextBatch(): readonly FuzzCase[] {
    return Array.from({ length: BATCH }, () => {
      const either = (): FuzzCase => random.pick(random.chance(0.5) && corpus.length > 0 ? corpus : SEEDS);
      const made = mutate(random, either(), either());
      return { ...made, url: asTarget(made.url) };
    });
  }
}

/** Finds, by bisection, the first case in the batch that executes each of the given places in the code. */
async function whichReach(
  batch: readonly FuzzCase[],
  places: readonly Place[],
  run: (batch: readonly FuzzCase[]) => Promise<unknown>,
  coverage: Coverage,
): Promise<readonly FuzzCase[]> {
  if (batch.length <= 1 || places.length === 0) return batch;
  const first = batch.slice(0, batch.length >> 1);
  await run(first);
  const ran = await coverage.ran();
  const [there, elsewhere] = [
    places.filter((place) => holds(ran, place)),
    places.filter((place) => !holds(ran, place)),
  ];
  return [
    ...(there.length === 0 ? [] : await whichReach(first, there, run, coverage)),
    ...(elsewhere.length === 0
      ? []
      : await whichReach(batch.slice(batch.length >> 1), elsewhere, run, coverage)),
  ];
}

const holds = (ran: Ran, { url, offset }: Place): boolean => ran.get(url)?.[offset] === 1;

async function timedJudge({
  judge: make,
  begin,
}: Pick<Parameters<typeof fuzzLoop>[0], 'judge' | 'begin'>): Promise<{
  readonly judge: Judge;
  slowestMs(): number;
}> {
  const judge = await make();
  let slowest = 0;
  const timed = async (
    each: FuzzCase,
  ): Promise<readonly [breach: string | undefined, milliseconds: number]> => {
    begin(each);
    const before = process.threadCpuUsage();
    const breach = await judge(each);
    const { user, system } = process.threadCpuUsage(before);
    return [breach, (user + system) / 1000];
  };
  return {
    slowestMs: () => slowest,
    judge: async (each) => {
      let [breach, took] = await timed(each);
      // Measures a slow case again, because a garbage collection or a compilation may have slowed it down.
      for (let again = 0; again < 2 && took > SLOW_MS; again += 1)
        took = Math.min(took, (await timed(each))[1]);
      slowest = Math.max(slowest, took);
      if (took > SLOW_MS) breach ??= `slow: ${took.toFixed()} ms`;
      return breach;
    },
  };
}
