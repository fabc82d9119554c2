// Responds with a version that S3 has confirmed to the caller's session, and fetches the blocks that are missing.
import type { CacheResult } from '../s3/signed-request.ts';
import { noteUse } from './cached-request.ts';
import type { CachedRequest, Outcome } from './cached-request.ts';
import { notModified, preconditionFailed, responseHead, wholeResponse } from './cached-response.ts';
import { evaluateConditions } from './conditions.ts';
import { createDelivery } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import { readDirectly, startFlight } from './extent-requests.ts';
import type { ObjectVersion } from './object-version.ts';
import { extentOf } from './wanted-read.ts';
import type { Extent } from './wanted-read.ts';

/** Bodies up to this size are sent as strings, because Node's server sends a string and the head in one write. */
const TEXT_BYTES = 8 * 1024;

/** A version, and how it was confirmed for this request. */
export interface ConfirmedVersion {
  readonly version: ObjectVersion;
  /** Headers that S3 sent only to this session. */
  readonly own: readonly string[];
  readonly result: CacheResult;
  /** The parameters of Cache-Status. */
  readonly status: string;
  readonly ageMs: number;
  /** Whether S3 has evaluated the caller's conditions already. */
  readonly meetsConditions: boolean;
}

/** @returns `changed` if the object is no longer this version, so that the request must start again */
export async function serveVersion(
  request: CachedRequest,
  confirmed: ConfirmedVersion,
): Promise<Outcome | 'changed'> {
  const ready = fromMemory(request, confirmed);
  if (ready !== undefined) return ready;
  const { version } = confirmed;
  const { wanted, store } = request;
  const extent = extentOf(wanted.range, version.size);
  const isUnclear =
    !confirmed.meetsConditions && evaluateConditions(wanted.conditions, version) === 'unclear';
  if (extent === undefined || isUnclear) return request.passOn();
  const isMissing = store.blocks.firstMissing(version, extent.from, extent.to) !== undefined;
  const delivery = deliveryFor(request, version, extent);
  const failure = await delivery.prepare();
  if (failure === undefined) {
    if (isMissing)
      note(request, { ...confirmed, result: 'miss', status: 'fwd=partial; fwd-status=206; stored' });
    else note(request, confirmed);
    return { ...responseHead(version, confirmed.own, wanted, extent), isLent: true, ...delivery };
  }
  delivery.abort();
  if ('error' in failure) throw failure.error;
  if (failure.s3.status === 412) {
    if (request.slot.version === version) request.slot.version = undefined;
    return 'changed';
  }
  if (failure.s3.status === 416) return request.passOn();
  noteUse(store, request.options, 'miss', `fwd=partial; fwd-status=${failure.s3.status}`);
  return failure.s3;
}

/**
 * Responds without calling S3, if possible: to HEAD, if a condition is not met, and with a small body.
 * @returns undefined if the response has a large body, or blocks that are missing, or needs S3 for another reason
 */
export function fromMemory(request: CachedRequest, confirmed: ConfirmedVersion): Outcome | undefined {
  const { wanted, store } = request;
  const { version, own } = confirmed;
  const extent = extentOf(wanted.range, version.size);
  if (extent === undefined) return undefined;
  const verdict = confirmed.meetsConditions ? 'met' : evaluateConditions(wanted.conditions, version);
  if (verdict === 'unclear') return undefined;
  if (typeof verdict === 'object') {
    note(request, confirmed);
    return preconditionFailed(verdict.failed, wanted.isHead);
  }
  if (verdict === 'not modified') {
    note(request, confirmed);
    return notModified(version);
  }
  const { from, to } = extent;
  let body = '';
  if (!wanted.isHead && to > from) {
    const index = store.blocks.indexAt(from);
    if (to - from > TEXT_BYTES || store.blocks.indexAt(to - 1) !== index) return undefined;
    const block = store.blocks.find(version, index);
    if (block?.state !== 'complete') return undefined;
    store.blocks.use(block);
    const start = index * store.blocks.blockBytes;
    body = store.blocks.text(block, from - start, to - start);
    store.counts.cachedBytes += body.length;
    store.counts.sentBytes += body.length;
  }
  note(request, confirmed);
  const { status, headers } = responseHead(version, own, wanted, extent);
  return wholeResponse(status, headers, body);
}

function note({ store, options }: CachedRequest, { result, status, ageMs }: ConfirmedVersion): void {
  noteUse(store, options, result, status, ageMs);
}

export function deliveryFor(request: CachedRequest, version: ObjectVersion, extent: Extent): Delivery {
  const { store, options } = request;
  const { counts } = store;
  return createDelivery({
    blocks: store.blocks,
    version,
    extent,
    cancellation: options.cancellation,
    startFlight: (from, to) => startFlight(request, version, { from, to }),
    readDirectly: (rest) => readDirectly(request, version, rest),
    onSent: (bytes, wasCached) => {
      counts.sentBytes += bytes;
      if (wasCached) counts.cachedBytes += bytes;
    },
  });
}
