// While one response is read ahead, another one starts only when its caller has accepted more than kernels buffer.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createCancellation } from '../../../src/runtime/cancellation.ts';
import { createBlockPool } from '../../../src/s3/read-ahead/block-pool.ts';
import type { BlockPool } from '../../../src/s3/read-ahead/block-pool.ts';
import { joinedBody } from '../../../src/s3/read-ahead/joined-body.ts';
import { heldResponse, IGNORED_EVENTS } from './held-response.ts';

const SIZES = {
  partBytes: 8,
  leastBytes: 16,
  startBytes: 2,
  sharedStartBytes: 6,
  stepBytes: 2,
  leadBytes: 1,
  checkMs: 60_000,
  slowBytes: 1,
};

it('a response is read ahead later if another response has parts, and early again once that response is over', async () => {
  const pool = createBlockPool(64, 8);
  const first = startedResponse(pool);
  await first.send(2);
  assert.deepEqual(first.ranges, ['8-15']);
  const second = startedResponse(pool);
  await second.send(5);
  assert.deepEqual(second.ranges, []);
  await second.send(1);
  assert.deepEqual(second.ranges, ['8-15']);
  first.cancel();
  second.cancel();
  const third = startedResponse(pool);
  await third.send(2);
  assert.deepEqual(third.ranges, ['8-15']);
});

/** A response of 24 bytes, whose caller never pauses. `ranges` contains the ranges of the requested parts. */
function startedResponse(pool: BlockPool): {
  readonly ranges: readonly string[];
  send(bytes: number): Promise<void>;
  cancel(): void;
} {
  const { response, sink } = heldResponse();
  const ranges: string[] = [];
  const cancellation = createCancellation();
  joinedBody(
    response,
    { first: 0, last: 23, total: 24, etag: '"e1"' },
    {
      connections: 2,
      pool,
      sizes: SIZES,
      fetchRange: (from, last) => {
        ranges.push(`${from}-${last}`);
        return Promise.resolve(heldResponse().response);
      },
      cancellation,
      events: IGNORED_EVENTS,
    },
  ).pipe({ write: () => true, end: () => undefined, fail: () => undefined });
  return {
    ranges,
    send: async (bytes) => {
      sink().write(Buffer.alloc(bytes));
      await setImmediate();
    },
    cancel: () => {
      cancellation.abort();
    },
  };
}
