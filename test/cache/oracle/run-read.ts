// Runs one read through the cache, consumes its response like a fast, slow or leaving caller, and checks every byte.
import assert from 'node:assert/strict';
import type { Bucket } from '../../../src/config/types.ts';
import { headerOf } from '../../../src/http1/exchange.ts';
import type { UpstreamResponse } from '../../../src/http1/exchange.ts';
import { createCancellation } from '../../../src/runtime/cancellation.ts';
import type { AbortableCancellation } from '../../../src/runtime/cancellation.ts';
import { operationOn } from '../../../src/s3/operation.ts';
import { isS3Error } from '../../../src/s3/read.ts';
import type { Read, ReadSession } from '../../../src/s3/read.ts';
import type { SigningCredentials } from '../../../src/s3/signature.ts';
import type { Random } from '../../support/random.ts';
import { accessKeyOf } from './model-s3.ts';
import type { ModelS3, Version } from './model-s3.ts';
import type { OracleRead, OracleSession } from './random-read.ts';

export interface ReadParts {
  readonly read: Read;
  readonly bucket: Bucket;
  readonly s3: ModelS3;
  readonly random: Random;
  readonly evict: () => void;
  readonly freshForMs: number;
  /** Whether nothing else happens at the same time, so that the response must be exactly S3's. */
  readonly isQuiet: boolean;
}

const tokenOf = ({ id }: OracleSession): string => `token-${id}`;

const sessionObjects = new WeakMap<OracleSession, ReadSession<SigningCredentials>>();

function sessionOf(owner: OracleSession): ReadSession<SigningCredentials> {
  let session = sessionObjects.get(owner);
  if (session === undefined) {
    session = {
      roleName: 'lake',
      credentials: () => ({
        accessKeyId: accessKeyOf(owner.name, owner.generation()),
        secretAccessKey: 'secret',
        sessionToken: tokenOf(owner),
      }),
      replace: () => undefined,
    };
    sessionObjects.set(owner, session);
  }
  return session;
}

/** @returns whether the caller received a complete response with status 200 or 206 */
export async function runRead(parts: ReadParts, wanted: OracleRead): Promise<boolean> {
  const { read, bucket, s3, freshForMs, isQuiet } = parts;
  const query = new Map(wanted.versionId === undefined ? [] : [['versionId', wanted.versionId]]);
  const operation = operationOn({ bucket: 'lake', key: wanted.key }, wanted.method, query);
  assert.ok('actions' in operation);
  const cancellation = createCancellation();
  const startedAt = performance.now();
  const expected = isQuiet ? s3.respond(wanted) : undefined;
  const describe = (problem: string): string => `${problem}: ${JSON.stringify(wanted)}`;
  let outcome;
  try {
    outcome = await read(bucket, operation, sessionOf(wanted.owner), {
      headers: wanted.conditions,
      amzHeaders: wanted.wantsChecksums ? [['x-amz-checksum-mode', 'ENABLED']] : [],
      cacheControl: wanted.cacheControl,
      cancellation,
      caller: wanted.session,
      requestId: 'r',
      renewsUnexplained: false,
      counters: {
        retries: 0,
        resumed: 0,
        parts: 0,
        bytesFromS3: 0,
        flights: 0,
        onFlightsEnd: undefined,
        path: undefined,
        cloudFrontFallback: undefined,
      },
    });
  } catch (error) {
    assert.equal(isQuiet, false, describe(`failed without a fault: ${String(error)}`));
    return false;
  }
  if (isS3Error(outcome)) {
    if (freshForMs === 0 && expected !== undefined)
      assert.equal(outcome.status, expected.status, describe('another status than from S3'));
    return false;
  }
  const received = await consume(outcome, parts, cancellation);
  const version = versionOf(s3, wanted, outcome);
  assert.ok(version !== undefined, describe('a response about no version'));
  assertConfirmed(parts, {
    wanted,
    hasBytes: wanted.method === 'GET' && outcome.status !== 304,
    version,
    startedAt,
    describe,
  });
  assertBytes(outcome, wanted, version, { received, describe });
  if (freshForMs === 0 && expected !== undefined) {
    assert.equal(outcome.status, expected.status, describe('another status than from S3'));
    assert.deepEqual(comparable(outcome), expected.headers, describe('other headers than from S3'));
    assert.ok(received.isComplete, describe('an incomplete body without a fault'));
  }
  return received.isComplete && outcome.status !== 304;
}

interface Received {
  readonly bytes: Buffer;
  readonly isComplete: boolean;
}

function consume(
  outcome: UpstreamResponse,
  { random, evict, isQuiet, freshForMs }: ReadParts,
  cancellation: AbortableCancellation,
): Promise<Received> {
  const { whole } = outcome;
  if (whole !== undefined) {
    const bytes = typeof whole === 'string' ? Buffer.from(whole, 'latin1') : Buffer.from(whole);
    outcome.free?.();
    return Promise.resolve({ bytes, isComplete: true });
  }
  const { promise, resolve } = Promise.withResolvers<Received>();
  const chunks: Buffer[] = [];
  const isSlow = random.chance(0.3);
  const leavesAfter = !isQuiet && random.chance(0.15) ? random.below(400) : Infinity;
  let bytes = 0;
  let hasLeft = false;
  const end = (isComplete: boolean): void => {
    resolve({ bytes: Buffer.concat(chunks), isComplete });
  };
  outcome.pipe({
    write: (chunk, free) => {
      assert.ok(!hasLeft, 'bytes after the caller has left');
      evict();
      const copy = Buffer.from(chunk);
      chunks.push(copy);
      bytes += chunk.length;
      const release = (): void => {
        evict();
        // The kernel sends the bytes only now.
        assert.ok(copy.equals(chunk), 'memory was reused while its bytes were being sent');
        free?.();
      };
      if (random.chance(0.5)) setTimeout(release, random.below(4));
      else setImmediate(release);
      if (bytes > leavesAfter) {
        hasLeft = true;
        cancellation.abort();
        end(false);
        return true;
      }
      if (!isSlow) return true;
      setTimeout(outcome.resume, random.below(3));
      return false;
    },
    end: () => {
      end(true);
    },
    fail: (error) => {
      // Within `freshFor`, a response may begin after the session has lost its right, or after the object has changed. S3 then
      // rejects the request for a block that is not in memory.
      const mayBeRejected = freshForMs > 0 && /: (?:403|404|412) /.test(error.message);
      assert.ok(!isQuiet || mayBeRejected, `the body failed without a fault: ${error.message}`);
      end(false);
    },
  });
  return promise;
}

/** Returns the version that a response names; a 304 has no version ID. */
function versionOf(s3: ModelS3, wanted: OracleRead, { headers }: UpstreamResponse): Version | undefined {
  const id = headerOf(headers, 'x-amz-version-id');
  const [etag, date] = [headerOf(headers, 'etag'), headerOf(headers, 'last-modified')];
  return s3
    .versions(wanted.key)
    .findLast((each) =>
      id === undefined ? each?.etag === etag && each?.lastModified === date : each?.id === id,
    );
}

/** Checks that S3 has shown this version to this session, for this action, recently enough. */
function assertConfirmed(
  { s3, freshForMs }: ReadParts,
  {
    wanted,
    hasBytes,
    version,
    startedAt,
    describe,
  }: {
    readonly wanted: OracleRead;
    readonly hasBytes: boolean;
    readonly version: Version;
    readonly startedAt: number;
    readonly describe: (problem: string) => string;
  },
): void {
  const earliest = startedAt - freshForMs;
  const isProved = s3.proofs.some(
    (proof) =>
      proof.token === tokenOf(wanted.owner) &&
      proof.key === wanted.key &&
      proof.versionId === wanted.versionId &&
      (proof.version === version ||
        (proof.version.etag === version.etag && proof.version.lastModified === version.lastModified)) &&
      (proof.coversBytes || !hasBytes) &&
      proof.at >= earliest,
  );
  assert.ok(isProved, describe('a response that S3 has not confirmed to this session'));
}

function assertBytes(
  { status, headers }: UpstreamResponse,
  wanted: OracleRead,
  { body }: Version,
  { received, describe }: { readonly received: Received; readonly describe: (problem: string) => string },
): void {
  if (wanted.method === 'HEAD' || status === 304) {
    assert.equal(received.bytes.length, 0, describe('a body that must not exist'));
    return;
  }
  const [, first = '0', last = String(body.length - 1)] =
    /^bytes (\d+)-(\d+)\//.exec(headerOf(headers, 'content-range') ?? '') ?? [];
  const part = body.subarray(Number(first), Number(last) + 1);
  assert.equal(headerOf(headers, 'content-length'), String(part.length), describe('a wrong length'));
  assert.ok(received.bytes.equals(part.subarray(0, received.bytes.length)), describe('wrong bytes'));
  if (received.isComplete)
    assert.equal(received.bytes.length, part.length, describe('a short body that looks complete'));
}

/** Returns the headers that S3 sends for the object, in lower case. */
function comparable({ headers }: UpstreamResponse): Record<string, string> {
  const hopByHop = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);
  const kept: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    if (!hopByHop.has(name)) kept[name] = headers[i + 1] ?? '';
  }
  return kept;
}
