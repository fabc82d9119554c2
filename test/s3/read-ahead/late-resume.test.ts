// A response with read-ahead requests nothing more from S3 once it is over.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createCancellation } from '../../../src/runtime/cancellation.ts';
import { createBlockPool } from '../../../src/s3/read-ahead/block-pool.ts';
import { joinedBody } from '../../../src/s3/read-ahead/joined-body.ts';
import { heldResponse, IGNORED_EVENTS } from './held-response.ts';

const SIZES = {
  partBytes: 8,
  leastBytes: 16,
  startBytes: 2,
  sharedStartBytes: 2,
  stepBytes: 2,
  leadBytes: 1,
  checkMs: 60_000,
  slowBytes: 1,
};

it('a caller that resumes after its response was aborted causes no further request to S3', async () => {
  const first = heldResponse();
  const part = heldResponse();
  const ranges: string[] = [];
  const cancellation = createCancellation();
  const joined = joinedBody(
    first.response,
    { first: 0, last: 23, total: 24, etag: '"e1"' },
    {
      connections: 2,
      pool: createBlockPool(64, 8),
      sizes: SIZES,
      fetchRange: (from, last) => {
        ranges.push(`${from}-${last}`);
        return Promise.resolve(part.response);
      },
      cancellation,
      events: IGNORED_EVENTS,
    },
  );
  let received = 0;
  const ends: string[] = [];
  joined.pipe({
    // Pauses in the part.
    write: (chunk) => (received += chunk.length) <= 8,
    end: () => ends.push('end'),
    fail: (error) => ends.push(error.message),
  });
  first.sink().write(Buffer.alloc(4));
  await setImmediate();
  first.sink().write(Buffer.alloc(4));
  part.sink().write(Buffer.alloc(2));
  // The rest of the part must be requested again, as soon as the caller resumes.
  part.sink().fail(new Error('S3 closed the connection'));
  cancellation.abort();
  joined.resume();
  assert.equal(received, 10);
  assert.deepEqual(ends, ['the request was cancelled']);
  assert.deepEqual(ranges, ['8-15', '16-23']);
});
