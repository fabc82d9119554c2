// Calls S3 for a request whose version is not confirmed: with a condition if the cache has the object, otherwise for its bytes.
import { headerOf } from '../http1/exchange.ts';
import { untilCancelled } from '../runtime/cancellation.ts';
import { isS3Error } from '../s3/read.ts';
import type { S3Error } from '../s3/s3-error.ts';
import { noteUse, recordError } from './cached-request.ts';
import type { CachedRequest, Outcome } from './cached-request.ts';
import type { ObjectVersion } from './object-version.ts';
import { createOpening, fetchedRange } from './opening.ts';
import { afterNotModified, afterObject, forget, forwarded } from './take-response.ts';
import type { Asked, Mode } from './take-response.ts';

/** A version that the cache has, and that S3 must confirm. */
export interface KnownVersion {
  readonly version: ObjectVersion;
  readonly from: number;
  readonly to: number;
}

/** @returns `again` if the request must start again, because the object has changed */
export async function askS3(
  request: CachedRequest,
  known: KnownVersion | undefined,
): Promise<Outcome | 'again'> {
  const { wanted, slot, store, options } = request;
  const mode = modeFor(request, known);
  const isFetch = mode === 'fetch' && !wanted.isHead;
  if (isFetch && !store.blocks.hasRoom(store.blocks.blockBytes)) return request.passOn();
  const fetched = fetchedRange(store.blocks, wanted, isFetch ? known?.version : undefined);
  const asked: Asked = {
    mode,
    at: store.confirmations.ask(),
    known: known?.version,
    fetched,
    headers: headersFor(request, { mode, fetched, known }),
    opening: createOpening(store.blocks, wanted.range, options.cancellation),
  };
  const { opening } = asked;
  if (isFetch) slot.openings.add(opening);
  try {
    const outcome = await untilCancelled(
      request.send({
        method: wanted.isHead ? 'HEAD' : 'GET',
        headers: asked.headers,
        // S3 sends the checksums of an object with SSE-KMS only to a session that may decrypt it. For GET, the byte proves that.
        wantsChecksums: wanted.wantsChecksums && (mode !== 'probe' || wanted.isHead),
        cancellation: opening.cancellation,
      }),
      options.cancellation,
    );
    if (!isS3Error(outcome)) {
      return outcome.status === 304
        ? await afterNotModified(request, asked, outcome)
        : await afterObject(request, asked, outcome);
    }
    recordError(request, asked.at, outcome);
    if (outcome.status === 412 && mode !== 'fetch') return forget(slot, known?.version);
    if (mayDiffer(outcome, asked, request)) return await request.passOn();
    noteUse(store, options, 'miss', forwarded(request, asked, outcome.status));
    return outcome;
  } finally {
    slot.openings.delete(opening);
    opening.settle();
  }
}

/**
 * Whether S3 may respond differently to the caller's request, which can have a different range or more conditions than the
 * cache's request. S3 may evaluate the range and the conditions before it checks the key of an object with SSE-KMS.
 */
function mayDiffer(
  { status, denial }: S3Error,
  { mode, fetched }: Pick<Asked, 'mode' | 'fetched'>,
  { wanted, options }: CachedRequest,
): boolean {
  if (status === 416) return true;
  // Only a fetch contains the caller's conditions. S3's response to a denied HEAD request does not contain the reason.
  if (mode !== 'fetch' && status === 403 && wanted.conditions.length > 0) return true;
  if (mode === 'probe') return false;
  return denial?.action === 'kms:Decrypt' && fetched.range !== headerOf(options.headers, 'range');
}

function modeFor({ wanted, store }: CachedRequest, known: KnownVersion | undefined): Mode {
  if (known === undefined) return 'fetch';
  const { version, from, to } = known;
  const needsProbe = version.isKms || version.isVolatile;
  if (wanted.isHead) return needsProbe ? 'probe' : 'condition';
  // A probe requests one byte, and an empty object has none.
  if (from === to) return needsProbe ? 'fetch' : 'condition';
  const index = store.blocks.indexAt(from);
  const isComing =
    store.blocks.find(version, index) !== undefined ||
    [...version.flights].some((flight) => flight.covers(index));
  if (!isComing) return 'fetch';
  return needsProbe ? 'probe' : 'condition';
}

function headersFor(
  { wanted, options }: CachedRequest,
  { mode, fetched, known }: Pick<Asked, 'mode' | 'fetched'> & { readonly known: KnownVersion | undefined },
): readonly string[] {
  const range = wanted.isHead ? headerOf(options.headers, 'range') : fetched.range;
  const ranged = range === undefined ? [] : ['range', range];
  if (mode === 'fetch' || known === undefined) return [...ranged, ...wanted.conditions];
  if (mode === 'condition') return [...ranged, 'if-none-match', known.version.etag];
  return wanted.isHead
    ? ranged
    : ['range', `bytes=${known.from}-${known.from}`, 'if-match', known.version.etag];
}
