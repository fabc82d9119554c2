// Runs many generated reads with read-ahead, several at a time, and checks that none leaks memory or a connection.
import { createTransport } from '../../../src/http1/transport.ts';
import { createBlockPool } from '../../../src/s3/read-ahead/block-pool.ts';
import type { BlockPool } from '../../../src/s3/read-ahead/block-pool.ts';
import { startFaultyS3 } from './faulty-s3.ts';
import { runCase, SMALL_SIZES } from './read-ahead-case.ts';
import type { CaseResult } from './read-ahead-case.ts';

export interface ReadAheadReport {
  readonly cases: number;
  readonly failure?: { readonly number: number; readonly what: string };
  readonly ends: ReadonlyMap<CaseResult['end'], number>;
  /** The number of parts that callers received. */
  readonly parts: number;
}

const AT_ONCE = 24;
const BLOCK_BYTES = 4 * 1024;

/** The number of parts is so small that the cases compete for memory. */
const PARTS_IN_POOL = 24;

/** How long S3 may stall: long enough for a busy machine, but short, because each stall takes this time. */
const STALL_MS = 3_000;

/** @param options.only runs only the case with this number */
export async function fuzzReadAhead(options: {
  readonly cases: number;
  readonly seed: number;
  readonly only?: number;
}): Promise<ReadAheadReport> {
  const s3 = await startFaultyS3();
  const transport = createTransport({ stallMs: STALL_MS });
  const problems: string[] = [];
  const pool = auditedPool(createBlockPool(PARTS_IN_POOL * SMALL_SIZES.partBytes, BLOCK_BYTES), problems);
  const ends = new Map<CaseResult['end'], number>();
  let parts = 0;
  let cases = 0;
  let failure: ReadAheadReport['failure'];
  const last = options.only ?? options.cases;
  let next = options.only ?? 1;
  const worker = async (): Promise<void> => {
    while (next <= last && failure === undefined) {
      const number = next++;
      const result = await runCase({ s3, transport, pool }, options.seed, number).catch(
        (error: unknown): CaseResult => ({ failure: String(error), parts: 0, end: 'failed' }),
      );
      cases += 1;
      parts += result.parts;
      ends.set(result.end, (ends.get(result.end) ?? 0) + 1);
      const what = result.failure ?? problems[0];
      if (what !== undefined) failure ??= { number, what };
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (failure === undefined && pool.reservedBytes() !== 0)
      failure = { number: 0, what: `${pool.reservedBytes()} bytes are still reserved after the last case` };
  } finally {
    transport.close();
    s3.close();
  }
  return { cases, ends, parts, ...(failure === undefined ? {} : { failure }) };
}

/** Reports blocks that are returned twice, or that are taken again while they are in use. */
function auditedPool(pool: BlockPool, problems: string[]): BlockPool {
  // A WeakSet, because blocks that the kernel may still read from are never returned.
  const inUse = new WeakSet<Buffer>();
  return {
    ...pool,
    open: () => {
      const account = pool.open();
      return {
        ...account,
        take: () => {
          const block = account.take();
          if (inUse.has(block)) problems.push('a block was taken twice');
          inUse.add(block);
          return block;
        },
        give: (block, error) => {
          if (!inUse.delete(block)) problems.push('a block was returned twice');
          account.give(block, error);
        },
      };
    },
  };
}
