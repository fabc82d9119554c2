// Runs the fuzzing loop in a worker thread, so that the main thread can detect a hang.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { FuzzCase } from './fuzz-case.ts';
import type { LoopReport } from './loop.ts';

interface Order {
  readonly cases: number;
  readonly seed: number;
  /** If set, the fuzzer judges only this case. */
  readonly replay?: FuzzCase;
  readonly watched: SharedArrayBuffer;
}

/**
 * The size in bytes of two counters in shared memory: the number of cases begun, and the length of the latest case. The JSON of
 * that case follows the counters.
 */
const HEAD_BYTES = 8;
const WATCHED_BYTES = 256 * 1024;

/**
 * How long a case may run before it counts as a hang. This is much longer than a case takes, because a busy machine may pause
 * the worker for seconds.
 */
const HANG_MS = 60_000;
const LOOK_MS = 500;

export async function fuzzInProcess(order: Omit<Order, 'watched'>): Promise<LoopReport> {
  const watched = new SharedArrayBuffer(WATCHED_BYTES);
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...order, watched } satisfies Order });
  const head = new Int32Array(watched, 0, 2);
  const { promise: hung, resolve } = Promise.withResolvers<LoopReport>();
  let [seen, since] = [-1, Date.now()];
  const look = setInterval(() => {
    const now = Atomics.load(head, 0);
    if (now !== seen) [seen, since] = [now, Date.now()];
    else if (now > 0 && Date.now() - since > HANG_MS) resolve(hangReport(watched, now));
  }, LOOK_MS);
  try {
    const [report] = (await Promise.race([once(worker, 'message'), hung.then((report) => [report])])) as [
      LoopReport,
    ];
    return report;
  } finally {
    clearInterval(look);
    await worker.terminate();
  }
}

function hangReport(watched: SharedArrayBuffer, cases: number): LoopReport {
  const length = new Int32Array(watched, 0, 2)[1] ?? 0;
  const text = Buffer.from(new Uint8Array(watched, HEAD_BYTES, length)).toString();
  const failure = {
    breach: `hang: not finished within ${HANG_MS} ms`,
    failing: JSON.parse(text) as FuzzCase,
  };
  return { cases, corpus: 0, reached: [], slowestMs: HANG_MS, failure };
}

async function work({ cases, seed, replay, watched }: Order): Promise<LoopReport> {
  const head = new Int32Array(watched, 0, 2);
  const room = new Uint8Array(watched, HEAD_BYTES);
  const encoder = new TextEncoder();
  const begin = (each: FuzzCase): void => {
    head[1] = encoder.encodeInto(JSON.stringify(each), room).written;
    Atomics.add(head, 0, 1);
  };
  // Coverage includes only modules that are loaded after this point.
  const { fuzzLoop } = await import('./loop.ts');
  const { shrink } = await import('./shrink.ts');
  const judge = async (): ReturnType<Parameters<typeof fuzzLoop>[0]['judge']> => {
    const { startMint } = await import('./mint.ts');
    const { createJudge } = await import('./judge.ts');
    return createJudge(await startMint());
  };
  if (replay !== undefined) {
    begin(replay);
    const breach = await (await judge())(replay);
    const empty = { cases: 1, corpus: 0, reached: [], slowestMs: 0 };
    return breach === undefined ? empty : { ...empty, failure: { breach, failing: replay } };
  }
  const report = await fuzzLoop({ cases, seed, judge, begin });
  const { failure } = report;
  if (failure === undefined) return report;
  const failing = await shrink(failure.failing, failure.breach, await judge());
  return { ...report, failure: { ...failure, failing } };
}

if (!isMainThread) {
  const report = await work(workerData as Order);
  parentPort?.postMessage(report);
}
