// One request that the cache serves: what the caller wants, how to call S3 for it, and what S3's responses prove.
import type { AbortableCancellation } from '../runtime/cancellation.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { ReadOptions } from '../s3/read.ts';
import type { CacheResult } from '../s3/signed-request.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { Method } from '../s3/operation.ts';
import type { CacheStore } from './cache-store.ts';
import type { AskedAt, Claim, Confirmation } from './confirmations.ts';
import type { ObjectSlot } from './object-slots.ts';
import type { ObjectVersion } from './object-version.ts';
import type { WantedRead } from './wanted-read.ts';

export type Outcome = UpstreamResponse | S3Error;

export interface CacheSettings {
  /** How long a confirmation is valid. */
  readonly freshForMs: number;
  /** Whether objects that are encrypted with KMS keys may be cached. */
  readonly keepsKms: boolean;
}

export interface CachedRequest {
  readonly wanted: WantedRead;
  readonly slot: ObjectSlot;
  readonly claim: Claim;
  readonly store: CacheStore;
  readonly settings: CacheSettings;
  readonly options: ReadOptions;
  /** Sends one of the cache's own requests to S3, with the caller's session. */
  send(request: {
    readonly method: Method;
    readonly headers: readonly string[];
    readonly wantsChecksums: boolean;
    readonly cancellation: AbortableCancellation;
  }): Promise<Outcome>;
  /** Sends the caller's request to S3 unchanged. */
  passOn(): Promise<Outcome>;
}

/** @returns the confirmation if it is recent enough for this request */
export function freshConfirmation(
  { store, claim, settings, wanted }: CachedRequest,
  version: ObjectVersion,
): Confirmation | undefined {
  if (wanted.mustConfirm || settings.freshForMs === 0) return undefined;
  const confirmation = store.confirmations.find(claim);
  if (confirmation?.version !== version) return undefined;
  const needsBytes = !wanted.isHead || (wanted.wantsChecksums && version.isKms);
  if (needsBytes && !confirmation.coversBytes) return undefined;
  return confirmation.asked.age() < settings.freshForMs ? confirmation : undefined;
}

/** Records that S3 would send this version to the caller's session. */
export function recordConfirmation(
  { store, claim }: CachedRequest,
  confirmation: Confirmation & { readonly version: ObjectVersion },
): void {
  store.confirmations.record(claim, confirmation);
}

/**
 * Records an error response that shows that the session may not read the object, or that the object does not exist. Other
 * sessions are not affected, because a denial may be about this session only.
 */
export function recordError({ store, claim }: CachedRequest, asked: AskedAt, { status }: S3Error): void {
  if (status < 400 || status >= 500 || status === 412 || status === 416) return;
  store.confirmations.record(claim, { version: undefined, asked, coversBytes: false, own: [] });
}

/** @param status the parameters of Cache-Status */
export function noteUse(
  { counts }: CacheStore,
  { counters }: ReadOptions,
  result: CacheResult,
  status: string,
  ageMs = 0,
): void {
  counts.results[result] += 1;
  if (counters !== undefined) counters.cache = { result, status, ageSeconds: Math.floor(ageMs / 1000) };
}
