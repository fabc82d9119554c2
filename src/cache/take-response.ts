// Handles S3's response to a request of the cache: learns the version, records what the response proves, and responds.
import { headerOf } from '../http1/exchange.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import { noteUse, recordConfirmation } from './cached-request.ts';
import type { CachedRequest, Outcome } from './cached-request.ts';
import { canServeChecksums, responseHead } from './cached-response.ts';
import type { AskedAt } from './confirmations.ts';
import { flightFor } from './extent-requests.ts';
import { exclude } from './object-slots.ts';
import type { ObjectSlot } from './object-slots.ts';
import { isSameVersion } from './object-version.ts';
import type { ObjectVersion } from './object-version.ts';
import type { Fetched, Opening } from './opening.ts';
import { confirmsVersion, responseFacts } from './response-facts.ts';
import type { ResponseFacts } from './response-facts.ts';
import { deliveryFor, fromMemory, serveVersion } from './serve-version.ts';
import { extentOf } from './wanted-read.ts';

/**
 * - `condition` requests the object with If-None-Match; a 304 confirms the version
 * - `probe` requests the headers, and for GET one byte, because a 304 would not prove enough
 * - `fetch` requests the bytes
 */
export type Mode = 'condition' | 'probe' | 'fetch';

/** A request that was sent to S3. */
export interface Asked {
  readonly mode: Mode;
  readonly at: AskedAt;
  readonly known: ObjectVersion | undefined;
  readonly fetched: Fetched;
  readonly headers: readonly string[];
  readonly opening: Opening;
}

export async function afterNotModified(
  request: CachedRequest,
  asked: Asked,
  response: UpstreamResponse,
): Promise<Outcome | 'again'> {
  const { wanted, slot, store } = request;
  const version = asked.known ?? slot.version;
  const isAboutKnown =
    version !== undefined &&
    confirmsVersion(response, version) &&
    (asked.mode === 'condition' || headerOf(response.headers, 'etag') !== undefined);
  if (asked.mode !== 'condition') {
    // S3 has evaluated the caller's own condition.
    if (isAboutKnown && !version.isKms && !version.isVolatile) confirm(request, asked, version, undefined);
    noteUse(store, request.options, 'confirmed', forwarded(request, asked, 304));
    return response;
  }
  if (!isAboutKnown) return forget(slot, version);
  store.counts.confirmations += 1;
  const own = confirm(request, asked, version, undefined);
  return again(
    await serveVersion(request, {
      version,
      own,
      result: 'confirmed',
      status: forwarded(request, asked, 304),
      ageMs: 0,
      meetsConditions: wanted.conditions.length === 0,
    }),
  );
}

const again = (outcome: Outcome | 'changed'): Outcome | 'again' =>
  outcome === 'changed' ? 'again' : outcome;

/** Handles a response with status 200 or 206. */
export async function afterObject(
  request: CachedRequest,
  asked: Asked,
  response: UpstreamResponse,
): Promise<Outcome | 'again'> {
  const { wanted, slot, store, settings, options } = request;
  const received = responseFacts(response);
  const isWhole = response.status === 200;
  if (received === undefined || (received.facts.isKms && !settings.keepsKms)) {
    exclude(slot);
    return passOnInstead(request, asked, response);
  }
  // Some S3 servers ignore ranges, so the response may not be what was requested.
  if (isWhole !== (headerOf(asked.headers, 'range') === undefined))
    return passOnInstead(request, asked, response);
  if (asked.mode === 'probe' && asked.known !== undefined) {
    discard(response);
    if (!isSameVersion(received.facts, asked.known)) return forget(slot, asked.known);
    store.counts.confirmations += 1;
    const own = confirm(request, asked, asked.known, received);
    const status = forwarded(request, asked, response.status);
    const confirmed = { version: asked.known, own, result: 'confirmed' as const, status, ageMs: 0 };
    return again(
      await serveVersion(request, { ...confirmed, meetsConditions: wanted.conditions.length === 0 }),
    );
  }
  const version = store.slots.learn(slot, received.facts, asked.at.order);
  if (wanted.wantsChecksums) {
    if (isWhole) version.checksums = received.checksums;
    else version.hasBareRanges = received.checksums.length === 0;
  }
  const own = confirm(request, asked, version, received);
  const status = forwarded(request, asked, response.status);
  const confirmed = { version, own, result: 'miss' as const, status: `${status}; stored`, ageMs: 0 };
  // S3 has evaluated the caller's conditions only in the mode `fetch`.
  const meetsConditions = asked.mode === 'fetch' || wanted.conditions.length === 0;
  if (wanted.isHead) {
    discard(response);
    return fromMemory(request, { ...confirmed, meetsConditions }) ?? request.passOn();
  }
  const extent = extentOf(wanted.range, version.size);
  const expected = asked.fetched.extentIn(version.size);
  const isUsable =
    meetsConditions &&
    extent !== undefined &&
    received.from === expected.from &&
    received.to === expected.to &&
    canServeChecksums(wanted, version);
  if (!isUsable) return passOnInstead(request, asked, response);
  if (extent.from === extent.to) {
    discard(response);
    return fromMemory(request, { ...confirmed, meetsConditions }) ?? request.passOn();
  }
  if (!store.blocks.hasRoom(Math.min(store.blocks.blockBytes, version.size)))
    return passOnInstead(request, asked, response);
  asked.opening.release();
  const delivery = deliveryFor(request, version, extent);
  const { cancellation } = asked.opening;
  const flight = flightFor(request, version, { extent: received, cancellation });
  delivery.use(flight);
  flight.begin(response);
  noteUse(store, options, 'miss', confirmed.status);
  return { ...responseHead(version, own, wanted, extent), isLent: true, ...delivery };
}

/**
 * Sends the caller's request to S3 unchanged, and discards a response that is not for the caller. If the cache's request was the
 * caller's own, its response is used.
 */
function passOnInstead(
  request: CachedRequest,
  { mode, fetched }: Asked,
  response: UpstreamResponse,
): Promise<Outcome> {
  const { wanted, options, store } = request;
  const isUnchanged =
    mode === 'fetch' &&
    wanted.overrides.length === 0 &&
    (wanted.isHead || fetched.range === headerOf(options.headers, 'range'));
  if (!isUnchanged) {
    discard(response);
    return request.passOn();
  }
  noteUse(store, options, 'bypass', 'fwd=bypass');
  return Promise.resolve(response);
}

/** @returns the session's own headers */
function confirm(
  request: CachedRequest,
  { at }: Asked,
  version: ObjectVersion,
  received: ResponseFacts | undefined,
): readonly string[] {
  const { store, claim, wanted } = request;
  const before = store.confirmations.find(claim);
  // A 304 does not contain the session's own headers, so the headers of the last confirmation are used.
  const own = received?.own ?? (before?.version === version ? before.own : []);
  recordConfirmation(request, { version, asked: at, coversBytes: !wanted.isHead, own });
  return own;
}

/** Returns the parameters of Cache-Status for a request that was forwarded to S3. */
export function forwarded({ wanted }: CachedRequest, { known }: Asked, status: number): string {
  const why = known === undefined ? 'uri-miss' : wanted.mustConfirm ? 'request' : 'stale';
  return `fwd=${why}; fwd-status=${status}`;
}

/** Forgets a version that the object no longer has. */
export function forget(slot: ObjectSlot, version: ObjectVersion | undefined): 'again' {
  if (slot.version === version) slot.version = undefined;
  return 'again';
}

/** Ends a response whose body is not needed. If the whole body has arrived, the connection can be reused. */
function discard(response: UpstreamResponse): void {
  if (response.whole === undefined) response.abort();
  else response.free?.();
}
