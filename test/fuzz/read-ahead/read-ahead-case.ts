// Runs one generated read of an object from a faulty S3 with read-ahead, and compares the result with the object.
import type { Bucket } from '../../../src/config/types.ts';
import { createCancellation } from '../../../src/runtime/cancellation.ts';
import type { Transport } from '../../../src/http1/transport.ts';
import { headerOf } from '../../../src/http1/exchange.ts';
import { Fault } from '../../../src/errors/fault.ts';
import { operationOn } from '../../../src/s3/operation.ts';
import type { BlockPool } from '../../../src/s3/read-ahead/block-pool.ts';
import { withReadAhead } from '../../../src/s3/read-ahead/read-ahead.ts';
import type { ReadAheadSizes } from '../../../src/s3/read-ahead/sizes.ts';
import { createReader, isS3Error } from '../../../src/s3/read.ts';
import type { ReadSession } from '../../../src/s3/read.ts';
import { retryingRead } from '../../../src/s3/retry/resume.ts';
import { createSigner } from '../../../src/s3/signature.ts';
import type { SigningCredentials } from '../../../src/s3/signature.ts';
import { bucketWith } from '../../support/bucket.ts';
import { namedRandom } from '../../support/random.ts';
import type { Random } from '../../support/random.ts';
import { until } from '../../support/until.ts';
import { contentOf, etagOf, rangeOf } from './faulty-s3.ts';
import type { FaultyObject, FaultyS3 } from './faulty-s3.ts';
import { receive } from './reading-caller.ts';

const KIB = 1024;

/** A thousandth of the real sizes, so that many cases take little time. */
export const SMALL_SIZES: ReadAheadSizes = {
  partBytes: 24 * KIB,
  leastBytes: 48 * KIB,
  startBytes: 6 * KIB,
  sharedStartBytes: 12 * KIB,
  stepBytes: 3 * KIB,
  leadBytes: 3 * KIB,
  checkMs: 30,
  slowBytes: 6 * KIB,
};

export interface CaseParts {
  readonly s3: FaultyS3;
  readonly transport: Transport;
  readonly pool: BlockPool;
}

export interface CaseResult {
  /** What was wrong; undefined if the case passed. */
  readonly failure?: string;
  readonly parts: number;
  readonly end: 'complete' | 'left' | 'failed' | 'refused';
}

/** In every case, the expected bytes are those of the object version in the first response. */
export async function runCase(
  { s3, transport, pool }: CaseParts,
  seed: number,
  number: number,
): Promise<CaseResult> {
  const random = namedRandom(seed, number);
  const key = String(number);
  const object = objectOf(random);
  s3.objects.set(key, object);
  const counters = {
    retries: 0,
    resumed: 0,
    parts: 0,
    bytesFromS3: 0,
    flights: 0,
    onFlightsEnd: undefined,
    path: undefined,
    cloudFrontFallback: undefined,
  };
  const range = random.chance(0.3) ? randomRange(random, object.bytes) : undefined;
  const { read } = createReader({
    transport,
    sign: createSigner(),
    defaultRegion: 'eu-west-1',
    onRegionLearned: () => undefined,
  });
  const retrying = retryingRead(read, { stallMs: 5_000, onRetry: () => undefined });
  const ahead = withReadAhead(retrying, {
    connections: random.between(2, 6),
    pool,
    sizes: SMALL_SIZES,
    metrics: {
      readAheadPart: () => undefined,
      readAheadFallback: () => undefined,
      readAheadEnded: () => undefined,
    },
  });
  const cancellation = createCancellation();
  const operation = operationOn({ bucket: 'acme-lake', key }, 'GET', new Map());
  if (operation.kind !== 'object') throw new Error('not an object');
  const fail = (failure: string): CaseResult => ({ failure, parts: counters.parts, end: 'failed' });
  try {
    const outcome = await ahead(bucketAt(s3), operation, sessionOf(object), {
      headers: range === undefined ? [] : ['range', range],
      amzHeaders: [],
      cancellation,
      caller: 'reader',
      requestId: key,
      counters,
    });
    if (isS3Error(outcome)) {
      return object.injected === 0
        ? fail(`S3 responded with ${outcome.status} without a fault`)
        : { parts: 0, end: 'refused' };
    }
    if (random.chance(0.03)) {
      // Simulates a response that the bridge does not need, for example because it exceeds a budget.
      outcome.abort();
      return { parts: 0, end: 'left' };
    }
    const version = Number(/\d+/.exec(headerOf(outcome.headers, 'etag') ?? '')?.[0]);
    if (headerOf(outcome.headers, 'etag') !== etagOf(version)) return fail('the response has no ETag');
    const content = contentOf(key, version, object.bytes);
    const sent = outcome.status === 206 ? rangeOf(range, object.bytes) : undefined;
    const expected = sent === undefined ? content : content.subarray(sent.first, sent.last + 1);
    const leavesAfter = random.chance(0.2) ? random.below(expected.length) : Number.POSITIVE_INFINITY;
    const plan = {
      random: namedRandom(seed, number, 'caller'),
      pauseShare: random.pick([0, 0, 0.05, 0.5]),
      leavesAfter,
      disconnects: random.chance(0.7),
    };
    const { body, end, problems } = await receive(outcome, plan, cancellation);
    if (problems[0] !== undefined) return fail(problems[0]);
    if (!body.equals(expected.subarray(0, body.length))) return fail('wrong bytes');
    if (end === 'complete' && body.length < expected.length) return fail('bytes are missing at the end');
    if (end instanceof Error && object.injected === 0)
      return fail(`ended early without a fault: ${end.message}`);
    const isChanged = end instanceof Fault && end.code === 'object_changed';
    if (isChanged && object.version === version) return fail('the object has not changed');
    return { parts: counters.parts, end: end instanceof Error ? 'failed' : end };
  } catch (error) {
    if (error instanceof Fault && object.injected > 0) return { parts: 0, end: 'refused' };
    throw error;
  } finally {
    await until('no response of the object is in progress', () => object.open === 0);
    s3.objects.delete(key);
  }
}

function objectOf(random: Random): FaultyObject {
  return {
    random: namedRandom(random.below(2 ** 31), 's3'),
    bytes: random.chance(0.1) ? random.between(1, 50 * KIB) : random.between(50 * KIB, 400 * KIB),
    faultShare: random.pick([0, 0.05, 0.2, 0.5]),
    faults: random.pick([
      { busy: 3, reset: 1, 'early close': 3, overwrite: 1, expire: 1, deny: 1 },
      { 'early close': 1 },
      { busy: 1 },
      { overwrite: 1 },
      { expire: 1 },
      { 'early close': 20, busy: 20, stall: 1 },
    ]),
    ignoresIfMatch: random.chance(0.1),
    ignoresRanges: random.chance(0.05),
    isSlow: random.chance(0.5),
    version: 1,
    credentials: 1,
    injected: 0,
    requests: 0,
    open: 0,
  };
}

function randomRange(random: Random, bytes: number): string {
  const first = random.below(bytes);
  const last = random.between(first, bytes);
  return random.pick([`bytes=${first}-${last}`, `bytes=${first}-`, `bytes=-${bytes - first}`]);
}

/** A session whose credentials S3 may reject at any time. */
function sessionOf(object: FaultyObject): ReadSession<SigningCredentials> {
  const numbered = (number: number): SigningCredentials => ({
    accessKeyId: `AKIA${number}`,
    secretAccessKey: 'secret',
    sessionToken: 'token',
  });
  let current = numbered(object.credentials);
  return {
    roleName: 'lake',
    credentials: () => current,
    replace: (rejected, mayObtain) => {
      if (rejected !== current) return Promise.resolve(current);
      if (!mayObtain()) return undefined;
      current = numbered(object.credentials);
      return Promise.resolve(current);
    },
  };
}

const bucketAt = ({ origin }: FaultyS3): Bucket =>
  bucketWith({ region: 'eu-west-1', endpoint: origin, cache: false });
