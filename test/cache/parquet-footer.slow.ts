// After a read of the end of a Parquet file, the blocks of its footer are fetched before the reader requests them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCachedWire } from '../support/cached-wire.ts';
import type { CachedWire } from '../support/cached-wire.ts';
import { emailOf, READER_MAY_ALL } from '../support/configuration.ts';
import { parquet } from '../support/parquet.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

describe('a read of the end of a Parquet file', () => {
  const size = 5 * MIB + 1000;
  const footer = 2.5 * MIB;
  const body = parquet(size, footer);
  let wire: CachedWire;
  before(async () => {
    wire = await startCachedWire({
      cache: 'memory: 64MiB, freshFor: 1h',
      grants: [READER_MAY_ALL, `callers: [${emailOf('scoped')}], allow: [get], bucket: acme-lake`],
      more: `budgets: [{ callers: [${emailOf('scoped')}], bytesPerDay: 1GiB }]`,
    });
  });
  after(() => wire.close());

  const read = async (key: string, range: string, as: 'reader' | 'scoped' = 'reader'): Promise<Buffer> => {
    const reply = await wire.get(`/acme-lake/${key}`, { as, headers: { range } });
    assert.equal(reply.status, 206);
    return reply.body;
  };
  /** Resolves when S3 has received as many requests, and the bytes of all of them are in memory. */
  const settled = async (requests: number): Promise<void> => {
    await until('S3 has received the requests', async () => (await wire.calls('s3')).length >= requests);
    await until('no block is pinned', async () => (await wire.metric('fedbridge_cache_pinned_bytes')) === 0);
  };

  it('brings the blocks of the footer with one more request, although the file is not known', async () => {
    await wire.put('new.parquet', body);
    await wire.takeCalls();
    assert.ok((await read('new.parquet', 'bytes=-8')).equals(body.subarray(-8)));
    await settled(2);
    assert.deepEqual(await wire.takeShortCalls(), [
      'GET bytes=-2097152 → 206',
      'GET bytes=2097152-4194303 if-match → 206',
    ]);
    const range = `bytes=${size - 8 - footer}-${size - 1}`;
    assert.ok((await read('new.parquet', range)).equals(body.subarray(size - 8 - footer)));
    assert.deepEqual(await wire.takeShortCalls(), []);
  });

  it('brings all blocks of the footer that are missing if the file is known', async () => {
    await wire.put('known.parquet', body);
    await wire.get('/acme-lake/known.parquet', { as: 'reader', method: 'HEAD' });
    await wire.takeCalls();
    await read('known.parquet', `bytes=${size - 100}-`);
    await settled(2);
    const [first, ...more] = await wire.takeShortCalls();
    assert.match(String(first), /^GET bytes=5242880-/);
    assert.deepEqual(more, ['GET bytes=2097152-5242879 if-match → 206']);
  });

  it('brings nothing more if the footer is in memory, too long, or not a footer', async () => {
    const files = {
      'short.parquet': parquet(size, 500),
      'long.parquet': parquet(size + 8 * MIB, 8 * MIB + 1),
      'longer-than-the-file.parquet': parquet(size, size - 11),
      'other.bin': parquet(size, footer, 'PAR2'),
    };
    for (const [key, content] of Object.entries(files)) {
      await wire.put(key, content);
      await wire.takeCalls();
      await read(key, 'bytes=-8');
      // A request for the footer would have been sent before the response to this read.
      await settled(1);
      await wire.get(`/acme-lake/${key}`, { as: 'reader', method: 'HEAD' });
      assert.deepEqual(await wire.takeShortCalls(), ['GET bytes=-2097152 → 206'], key);
    }
  });

  it('brings nothing more at the expense of an egress budget', async () => {
    await wire.put('budgeted.parquet', body);
    await wire.takeCalls();
    await read('budgeted.parquet', 'bytes=-8', 'scoped');
    await settled(1);
    assert.deepEqual(await wire.takeShortCalls(), ['GET bytes=-2097152 → 206']);
  });
});
