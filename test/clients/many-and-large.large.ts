// Runs `aws s3 sync` on ten thousand objects, and on a 4 GiB object, which the AWS CLI reads in ranges of 8 MiB.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { keysFor, startLake, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { unavailable } from './program.ts';
import { digestOf, digestOfFile, digestsBelow } from './tree.ts';

const OBJECTS = 10_000;
const OBJECTS_PER_PREFIX = 100;
const LARGE_BYTES = 4 * 1024 ** 3;
/**
 * The large object's file has a marker at this interval and is otherwise sparse: it uses little disk space, but every byte is
 * sent over the network.
 */
const MARK_EVERY_BYTES = 1_000_003;
const LIMIT_MS = 600_000;

/** Returns the content of the nth small object. No two objects have the same content. */
const contentOf = (n: number): string => `${n}\n`.repeat(1 + (n % 500));

async function makeMany(directory: string): Promise<Map<string, string>> {
  const digests: [string, string][] = [];
  for (let n = 0; n < OBJECTS; n += 1) {
    const prefix = String(Math.floor(n / OBJECTS_PER_PREFIX));
    if (n % OBJECTS_PER_PREFIX === 0) await mkdir(join(directory, prefix), { recursive: true });
    await writeFile(join(directory, prefix, `part-${n}.csv`), contentOf(n));
    digests.push([join(prefix, `part-${n}.csv`), digestOf(contentOf(n))]);
  }
  return new Map(digests.sort());
}

async function makeLarge(path: string): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(LARGE_BYTES);
  for (let at = 0; at + 16 < LARGE_BYTES; at += MARK_EVERY_BYTES) await file.write(`at ${at}`, at);
  await file.close();
}

describe('aws s3 sync', { skip: unavailable('aws') }, () => {
  let source: string;
  let lake: Lake;
  let many: Map<string, string>;
  before(async () => {
    source = await mkdtemp(join(tmpdir(), 'fedbridge-source-'));
    many = await makeMany(join(source, 'many'));
    await mkdir(join(source, 'large'));
    await makeLarge(join(source, 'large/object.bin'));
    lake = await startLake(undefined, { sandbox: { dir: source } });
  });
  after(async () => {
    await lake.close();
    await rm(source, { recursive: true });
  });

  /** @returns the directory that contains the copies */
  async function sync(prefix: string, context: TestContext): Promise<string> {
    const target = join(lake.directory, prefix);
    const began = performance.now();
    const ended = await lake.run(
      'aws',
      [
        '--endpoint-url',
        lake.url,
        '--region',
        'eu-west-1',
        's3',
        'sync',
        `s3://acme-lake/${prefix}`,
        target,
        '--quiet',
      ],
      { env: keysFor(lake.tokens.reader), milliseconds: LIMIT_MS },
    );
    succeeded(ended);
    context.diagnostic(`aws s3 sync of ${prefix}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return target;
  }
  const requests = (status: number): number =>
    lake.wire.bridge.lines.filter((line) => line['operation'] === 'GetObject' && line['status'] === status)
      .length;

  it('copies 10,000 objects with identical digests', async (context) => {
    assert.deepEqual(await digestsBelow(await sync('many', context)), many);
    assert.equal(requests(200), OBJECTS);
  });

  it('copies a 4 GiB object in ranges, with an identical digest', async (context) => {
    const copy = join(await sync('large', context), 'object.bin');
    const [sent, received] = await Promise.all([
      digestOfFile(join(source, 'large/object.bin')),
      digestOfFile(copy),
    ]);
    assert.equal(received, sent);
    assert.ok(requests(206) >= 512, `${requests(206)} answers were a range`);
  });
});
