// Serves reads from memory, if S3 has confirmed the object version to the caller's own session.
import type { Bucket } from '../config/types.ts';
import { untilCancelled } from '../runtime/cancellation.ts';
import type { ObjectRead } from '../s3/operation.ts';
import type { Read, ReadOptions, ReadSession } from '../s3/read.ts';
import type { SigningCredentials } from '../s3/signature.ts';
import { askS3 } from './ask-s3.ts';
import type { KnownVersion } from './ask-s3.ts';
import { freshConfirmation, noteUse } from './cached-request.ts';
import type { CachedRequest, CacheSettings, Outcome } from './cached-request.ts';
import type { CacheStore } from './cache-store.ts';
import { canServeChecksums } from './cached-response.ts';
import { evaluateConditions } from './conditions.ts';
import type { Confirmation } from './confirmations.ts';
import { isExcluded } from './object-slots.ts';
import type { ObjectVersion } from './object-version.ts';
import { fromMemory, serveVersion } from './serve-version.ts';
import type { ConfirmedVersion } from './serve-version.ts';
import { extentOf, wantedRead } from './wanted-read.ts';
import type { WantedRead } from './wanted-read.ts';

/** The maximum number of attempts to serve a request. An object that changes during each attempt is read without the cache. */
const MAX_ATTEMPTS = 4;

/**
 * The response comes from memory only if S3 has confirmed this version of the object to this session, for this action, within
 * `freshForMs`. Grants have already been checked; see docs/explain/caching.md.
 * @param read reads from S3, always with the session of a caller that wants the bytes; other sessions may then use these bytes
 */
export function withCache(read: Read, store: CacheStore, settings: CacheSettings): Read {
  return (bucket, operation, session, options) => {
    const passOn = (): Promise<Outcome> => {
      noteUse(store, options, 'bypass', 'fwd=bypass');
      return read(bucket, operation, session, options);
    };
    const wanted = bucket.cache ? wantedRead(operation, options) : undefined;
    if (wanted === undefined) return passOn();
    // The checksum of a whole object can be verified only if S3 sends the whole object.
    if (bucket.verifyChecksums && !wanted.isHead && wanted.range === undefined) return passOn();
    const slot = store.slots.of(bucket, operation.key, wanted.versionId);
    if (isExcluded(slot)) return passOn();
    const [action = ''] = operation.actions;
    const request: CachedRequest = {
      wanted,
      slot,
      claim: { session, bucket, action, slot },
      store,
      settings,
      options,
      send: ownRequests(read, { bucket, operation, session, options, wanted }),
      passOn,
    };
    const { version } = slot;
    const fresh = version === undefined ? undefined : freshConfirmation(request, version);
    // In the most frequent case, the response is ready without waiting for a turn of the event loop.
    if (version !== undefined && fresh !== undefined && isServable(request, version) === true) {
      const ready = fromMemory(request, hit(version, fresh));
      if (ready !== undefined) return Promise.resolve(ready);
    }
    return serve(request);
  };
}

async function serve(request: CachedRequest): Promise<Outcome> {
  const { slot, options, wanted } = request;
  let hasWaited = false;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const { version } = slot;
    let known: KnownVersion | undefined;
    if (version !== undefined) {
      const servable = isServable(request, version);
      if (servable === 'unknown to the cache') return request.passOn();
      const fresh = servable ? freshConfirmation(request, version) : undefined;
      if (fresh !== undefined) {
        const outcome = await serveVersion(request, hit(version, fresh));
        if (outcome !== 'changed') return outcome;
        continue;
      }
      const extent = extentOf(wanted.range, version.size);
      if (servable && extent !== undefined) known = { version, ...extent };
    }
    const opening = hasWaited ? undefined : slot.openings.values().find((each) => each.covers(wanted.range));
    if (opening !== undefined && !wanted.isHead) {
      // Waits at most once, so that requests of sessions without rights do not wait for one another.
      hasWaited = true;
      await untilCancelled(opening.settled, options.cancellation);
      continue;
    }
    const outcome = await askS3(request, known);
    if (outcome !== 'again') return outcome;
  }
  return request.passOn();
}

/**
 * Whether the cache can build the response that S3 would send for a version.
 * @returns false if S3 must be called for more facts; `unknown to the cache` if only S3 can respond
 */
function isServable(
  { wanted, settings }: CachedRequest,
  version: ObjectVersion,
): boolean | 'unknown to the cache' {
  if (version.isKms && !settings.keepsKms) return 'unknown to the cache';
  if (extentOf(wanted.range, version.size) === undefined) return 'unknown to the cache';
  if (evaluateConditions(wanted.conditions, version) === 'unclear') return 'unknown to the cache';
  if (wanted.wantsChecksums && wanted.range !== undefined && version.hasBareRanges === false)
    return 'unknown to the cache';
  return canServeChecksums(wanted, version);
}

const hit = (version: ObjectVersion, { own, asked }: Confirmation): ConfirmedVersion => ({
  version,
  own,
  result: 'hit',
  status: 'hit',
  ageMs: asked.age(),
  meetsConditions: false,
});

/** Returns a function that sends the cache's own requests to S3 with the caller's session. */
function ownRequests<Credentials extends SigningCredentials>(
  read: Read,
  {
    bucket,
    operation,
    session,
    options,
    wanted,
  }: {
    readonly bucket: Bucket;
    readonly operation: ObjectRead;
    readonly session: ReadSession<Credentials>;
    readonly options: ReadOptions;
    readonly wanted: WantedRead;
  },
): CachedRequest['send'] {
  const { whole, ...rest } = options;
  const parameters: ObjectRead['parameters'] =
    wanted.versionId === undefined ? [] : [['versionId', wanted.versionId]];
  return ({ method, headers, wantsChecksums, cancellation }) =>
    read(
      bucket,
      { ...operation, name: method === 'HEAD' ? 'HeadObject' : 'GetObject', method, parameters },
      session,
      {
        ...rest,
        headers,
        amzHeaders: wantsChecksums ? [['x-amz-checksum-mode', 'ENABLED']] : [],
        cancellation,
      },
    );
}
