// A caller that reads one response quickly, slowly, or only in part. It checks that the memory of a chunk does not change while
// the caller uses the chunk.
import type { Sink, UpstreamResponse } from '../../../src/http1/exchange.ts';
import type { Free } from '../../../src/http1/read-buffers.ts';
import type { AbortableCancellation } from '../../../src/runtime/cancellation.ts';
import type { Random } from '../../support/random.ts';

export interface CallerPlan {
  readonly random: Random;
  /** The probability of a pause after each chunk. */
  readonly pauseShare: number;
  /** The number of bytes after which the caller stops reading. */
  readonly leavesAfter: number;
  /** Whether the caller then disconnects; otherwise, it only aborts the response. */
  readonly disconnects: boolean;
}

export interface Received {
  readonly body: Buffer;
  readonly end: 'complete' | 'left' | Error;
  readonly problems: readonly string[];
}

/** A pause that exceeds two checks of the window, after which the bridge treats the caller as slow. */
const LONG_PAUSE_MS = 90;

/** Resolves when the response has ended. */
export function receive(
  response: UpstreamResponse,
  plan: CallerPlan,
  cancellation: AbortableCancellation,
): Promise<Received> {
  const { random } = plan;
  const { promise, resolve } = Promise.withResolvers<Received>();
  const copies: Buffer[] = [];
  const problems: string[] = [];
  let bytes = 0;
  let hasLeft = false;
  let hasEnded = false;
  const end = (how: Received['end']): void => {
    if (hasEnded) problems.push('the response ended twice');
    hasEnded = true;
    // Waits for late chunks, each of which is an error.
    setTimeout(() => {
      resolve({ body: Buffer.concat(copies), end: hasLeft ? 'left' : how, problems });
    }, 5);
  };
  const sink: Sink = {
    write: (chunk, free) => {
      if (hasEnded && !hasLeft) problems.push('a chunk arrived after the end');
      const copy = Buffer.from(chunk);
      copies.push(copy);
      bytes += chunk.length;
      later(random, () => {
        if (!copy.equals(chunk)) problems.push('memory changed while the caller used it');
        freeSomehow(random, free);
      });
      if (bytes >= plan.leavesAfter && !hasLeft) {
        hasLeft = true;
        setImmediate(plan.disconnects ? cancellation.abort : response.abort);
        return true;
      }
      if (!random.chance(plan.pauseShare)) return true;
      setTimeout(response.resume, random.chance(0.01) ? LONG_PAUSE_MS : random.below(3));
      return false;
    },
    end: () => {
      end('complete');
    },
    fail: end,
  };
  response.pipe(sink);
  return promise;
}

function later(random: Random, run: () => void): void {
  const how = random.below(3);
  if (how === 0) run();
  else if (how === 1) setImmediate(run);
  else setTimeout(run, random.below(4));
}

/** A sink may keep a chunk's memory, and must report a failed write. */
function freeSomehow(random: Random, free: Free | undefined): void {
  const how = random.below(20);
  if (how === 0) free?.(new Error('the write failed'));
  else if (how > 1) free?.();
}
