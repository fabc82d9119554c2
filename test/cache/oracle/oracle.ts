// Runs random operations through the cache and checks each response against a model that records who may read which version.
import assert from 'node:assert/strict';
import { createCacheStore } from '../../../src/cache/cache-store.ts';
import type { CacheStore } from '../../../src/cache/cache-store.ts';
import { withCache } from '../../../src/cache/cached-read.ts';
import type { Bucket } from '../../../src/config/types.ts';
import { createTransport } from '../../../src/http1/transport.ts';
import { createReader } from '../../../src/s3/read.ts';
import type { Read } from '../../../src/s3/read.ts';
import { retryingRead } from '../../../src/s3/retry/resume.ts';
import { createSigner } from '../../../src/s3/signature.ts';
import { bucketWith } from '../../support/bucket.ts';
import { seededRandom } from '../../support/random.ts';
import type { Random } from '../../support/random.ts';
import { startModelS3 } from './model-s3.ts';
import type { ModelS3, Right } from './model-s3.ts';
import { randomRead } from './random-read.ts';
import type { OracleSession } from './random-read.ts';
import { runRead } from './run-read.ts';

export interface OracleOptions {
  readonly operations: number;
  readonly seed: number;
  /** How long a confirmation counts. */
  readonly freshForMs: number;
  /** The share of steps before and during responses at which a block is evicted. */
  readonly evictions: number;
  /** The share of S3's responses that fail. */
  readonly faults: number;
}

export interface OracleReport {
  readonly reads: number;
  readonly complete: number;
  readonly s3Requests: number;
  readonly results: CacheStore['counts']['results'];
  readonly evictions: number;
}

const KEYS = ['a', 'b/c', 'd é'];
const SESSIONS = ['ana', 'ben', 'cleo'];
const RIGHTS: readonly Right[] = ['GetObject', 'GetObjectVersion', 'Decrypt'];
/** The number of reads that run at the same time. */
const CONCURRENT = 6;

/** Small blocks, so that short bodies have many of them; and so little memory that blocks are evicted all the time. */
const UNITS = { blockBytes: 64, pageBytes: 16 };
const BLOCKS_IN_MEMORY = [6, 16, 60];
const LONGEST = 700;

/** @throws AssertionError for a wrong byte, a byte without a confirmation, or a leaked pin */
export async function runOracle(options: OracleOptions): Promise<OracleReport> {
  const random = seededRandom(options.seed);
  const s3 = await startModelS3(random);
  const transport = createTransport({ stallMs: 2_000 });
  const store = createCacheStore(random.pick(BLOCKS_IN_MEMORY) * UNITS.blockBytes, UNITS);
  const { read } = createReader({
    transport,
    sign: createSigner(),
    defaultRegion: 'eu-west-1',
    onRegionLearned: () => undefined,
  });
  const fromS3 = retryingRead(read, { stallMs: 2_000, onRetry: () => undefined });
  const cached: Read = withCache(fromS3, store, { freshForMs: options.freshForMs, keepsKms: true });
  const bucket = bucketAt(s3.origin);
  const sessions = SESSIONS.map(oracleSession);
  const running = new Set<Promise<void>>();
  let [reads, complete] = [0, 0];
  const evict = (): void => {
    if (random.chance(options.evictions)) store.blocks.evict();
  };
  try {
    for (const key of KEYS) s3.put(key, content(random));
    for (let step = 0; step < options.operations; step += 1) {
      evict();
      const kind = random.weighted({ read: 90, write: 3, right: 3, renew: 1, pause: 3 });
      if (kind === 'read') {
        // Without faults and other reads, the response must be exactly S3's.
        const isQuiet = running.size === 0 && random.chance(0.5);
        s3.setFaults(isQuiet ? 0 : options.faults);
        const task = runRead(
          { read: cached, bucket, s3, random, evict, freshForMs: options.freshForMs, isQuiet },
          randomRead(random, s3, { keys: KEYS, session: random.pick(sessions) }),
        ).then((isComplete) => {
          reads += 1;
          if (isComplete) complete += 1;
        });
        running.add(task);
        const done = task.finally(() => running.delete(task));
        if (isQuiet) await done;
        else done.catch(() => undefined);
        while (running.size >= CONCURRENT) await Promise.race(running);
      } else if (kind === 'write') write(random, s3);
      else if (kind === 'right')
        s3.setRight(random.pick(SESSIONS), random.pick(KEYS), random.pick(RIGHTS), random.chance(0.7));
      else if (kind === 'renew') {
        const session = random.pick(sessions);
        if (random.chance(0.7)) session.renew();
        // A changed policy: the same caller, but a new session.
        else sessions[sessions.indexOf(session)] = oracleSession(session.name);
      } else await Promise.all(running);
      if (s3.proofs.length > 5_000) s3.proofs.splice(0, 2_500);
    }
    await Promise.all(running);
    await checkLeaks(store);
    return {
      reads,
      complete,
      s3Requests: s3.requests(),
      results: store.counts.results,
      evictions: store.blocks.usage().evictions,
    };
  } finally {
    transport.close();
    s3.close();
  }
}

let sessionIds = 0;

function oracleSession(name: string): OracleSession {
  let generation = 0;
  return {
    name,
    id: (sessionIds += 1),
    renew: () => {
      generation += 1;
    },
    generation: () => generation,
  };
}

function content(random: Random): Parameters<ModelS3['put']>[1] {
  const body = Buffer.alloc(random.chance(0.05) ? 0 : random.between(1, LONGEST));
  for (let i = 0; i < body.length; i += 1) body[i] = random.below(256);
  return {
    body,
    isKms: random.chance(0.2),
    metadata: String(random.below(3)),
    tags: random.chance(0.2) ? random.between(1, 3) : 0,
  };
}

function write(random: Random, s3: ModelS3): void {
  const key = random.pick(KEYS);
  const before = s3.current(key);
  const kind = random.weighted({ new: 5, copy: 2, remove: 2, tags: 1 });
  if (kind === 'remove') s3.remove(key);
  // The same bytes and the same ETag, but other metadata.
  else if (kind === 'copy' && before !== undefined)
    s3.put(key, { ...before, metadata: String(random.below(100)) });
  // A 304 does not show that the first tag was added, so only versions with tags get others.
  else if (kind === 'tags' && before !== undefined && before.tags > 0) before.tags = random.between(1, 4);
  else s3.put(key, content(random));
}

const bucketAt = (endpoint: string): Bucket =>
  bucketWith({ name: 'lake', target: 'lake', region: 'eu-west-1', endpoint });

/** Pins of failed responses are released after a pause. */
async function checkLeaks(store: CacheStore): Promise<void> {
  for (let tries = 0; tries < 60 && store.blocks.usage().pinnedBytes > 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(store.blocks.usage().pinnedBytes, 0, 'blocks stay pinned after all responses have ended');
}
