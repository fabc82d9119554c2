// Sends one signed read to S3, and resends it once if the region, the clock or the credentials were wrong.
import type { Bucket } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { createCancellation, untilCancelled } from '../runtime/cancellation.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { Transport } from '../http1/transport.ts';
import { bucketRegions, isRedirect, regionToTry } from './bucket-regions.ts';
import type { S3Clock } from './clock-offset.ts';
import type { Allowance } from './budget/allowance.ts';
import type { ObjectRead } from './operation.ts';
import { withPublicName } from './renamed-list.ts';
import { isCredentialsError, renewalBudget, renewalReasonFor } from './retry/rejected-credentials.ts';
import { asS3Fault, isSuccess, readS3Error, readS3Rejection } from './s3-error.ts';
import type { S3Error } from './s3-error.ts';
import type { Sign, SigningCredentials } from './signature.ts';
import { signedRequest } from './signed-request.ts';
import type { RequestOptions } from './signed-request.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

/** Credentials that can be replaced if S3 no longer accepts them. */
export interface ReadSession<Credentials extends SigningCredentials> {
  readonly roleName: string;
  credentials(): MaybePromise<Credentials>;
  /** @returns undefined if a replacement needs an STS call and `mayObtain` returns false */
  replace(rejected: Credentials, mayObtain: () => boolean): Promise<Credentials> | undefined;
}

export interface ReadOptions extends RequestOptions {
  /** Headers that replace `headers` if the object has changed since the caller's earlier read (`If-Range`). */
  readonly whole?: readonly string[];
  /** Whether the credentials may be renewed after S3 denies a read without giving a reason; default: true. */
  readonly renewsUnexplained?: boolean;
  /** The caller's unique ID. Each caller has its own share of the budgets for retries and renewals. */
  readonly caller: string;
  /** What the caller may still receive from S3 today; undefined if no egress budget applies. */
  readonly allowance?: Allowance | undefined;
  /** The caller's Cache-Control header. */
  readonly cacheControl?: string | undefined;
}

export interface Reader {
  readonly read: Read;
  /** Returns the bucket's learned region, or else the configured region, or else the default region. */
  regionOf(bucket: Bucket): string;
}

/**
 * Takes four arguments instead of one object, because every wrapper around a read would otherwise create an object for each
 * request.
 */
export type Read = <Credentials extends SigningCredentials>(
  bucket: Bucket,
  read: ObjectRead,
  session: ReadSession<Credentials>,
  options: ReadOptions,
) => Promise<UpstreamResponse | S3Error>;

export function isS3Error(outcome: UpstreamResponse | S3Error): outcome is S3Error {
  return 'details' in outcome;
}

/**
 * `read` throws Fault s3_unreachable, s3_timeout, s3_invalid_response, s3_credentials_rejected, s3_redirect_failed.
 * @param options.defaultRegion the region that is tried first if a bucket has no configured region
 * @param options.onRegionLearned called when S3 shows that a bucket is not in the assumed region
 * @param options.clock provides the signing time; default: this machine's clock
 */
export function createReader(options: {
  readonly transport: Pick<Transport, 'send'>;
  readonly sign: Sign;
  readonly defaultRegion: string;
  readonly onRegionLearned: (bucketName: string, region: string) => void;
  readonly clock?: S3Clock;
}): Reader {
  const regions = bucketRegions(options.defaultRegion, options.onRegionLearned);
  const budget = renewalBudget();
  const { clock } = options;

  /**
   * Whether S3 still rejects the old credentials after it has accepted the new ones. Repeats the read with the old credentials to
   * find out. If S3 rejects them, the renewal made the read succeed. Otherwise, a different change did, such as an upload in the
   * meantime.
   */
  const isStillRejected = async (
    bucket: Bucket,
    read: ObjectRead,
    credentials: SigningCredentials,
    readOptions: ReadOptions,
  ): Promise<boolean> => {
    // Uses HEAD, which needs the same permission as GET but has no response body.
    const plain: ObjectRead = read.name === 'GetObject' ? { ...read, method: 'HEAD' } : read;
    const from = {
      bucket,
      read: plain,
      region: regions.of(bucket),
      credentials,
      now: clock?.now(bucket) ?? Date.now(),
    };
    // Uses a separate cancellation, because the caller's own cancellation applies to the response that the caller is about to
    // receive.
    const request = signedRequest(options.sign, from, {
      ...readOptions,
      headers: [],
      cancellation: createCancellation(),
    });
    try {
      const response = await options.transport.send(request.origin, request);
      return renewalReasonFor(await readS3Error(response)) !== undefined;
    } catch {
      return false;
    }
  };

  const readOnce: Read = async (bucket, read, session, readOptions) => {
    let credentials = await untilCancelled(session.credentials(), readOptions.cancellation);
    let region = regions.of(bucket);
    let renewed = false;
    /** The credentials that this read replaced through an STS call, and the error that S3 returned for them. */
    let replaced: { readonly credentials: typeof credentials; readonly error: S3Error } | undefined;
    let hasMoved = false;
    let hasResigned = false;
    for (;;) {
      const now = clock?.now(bucket) ?? Date.now();
      const request = signedRequest(options.sign, { bucket, read, region, credentials, now }, readOptions);
      let response: UpstreamResponse;
      try {
        response = await options.transport.send(request.origin, request);
      } catch (error) {
        throw asS3Fault(error);
      }
      const outcome = isSuccess(response.status) ? response : await readS3Rejection(response);
      if (isS3Error(outcome) && isRedirect(outcome, region)) {
        region = regionToTry(outcome, hasMoved);
        hasMoved = true;
        continue;
      }
      // S3 did not redirect the request, so the region is correct and can be cached.
      regions.found(bucket, region);
      if (!isS3Error(outcome)) {
        if (replaced !== undefined && budget.wantsProof(session)) {
          const { credentials: old, error } = replaced;
          if (
            isCredentialsError(error) ||
            (await untilCancelled(isStillRejected(bucket, read, old, readOptions), readOptions.cancellation))
          )
            budget.proveRevocation(session);
        }
        const isRenamed = read.kind === 'list' && bucket.target !== bucket.name;
        return isRenamed ? withPublicName(outcome, bucket.name) : outcome;
      }
      if (!hasResigned && clock?.learnFrom(outcome, bucket, now) === true) {
        hasResigned = true;
        continue;
      }
      const reason = renewed ? undefined : renewalReasonFor(outcome);
      const renewalReason =
        reason === 'unexplained' && readOptions.renewsUnexplained === false ? undefined : reason;
      const rejected = credentials;
      const replacement =
        renewalReason &&
        session.replace(rejected, () => {
          if (!budget.spend(session, readOptions.caller, renewalReason)) return false;
          replaced = { credentials: rejected, error: outcome };
          return true;
        });
      if (replacement === undefined) {
        if (!isCredentialsError(outcome)) return outcome;
        throw new Fault('s3_credentials_rejected', { s3Code: outcome.code, s3Status: outcome.status });
      }
      renewed = true;
      try {
        credentials = await untilCancelled(replacement, readOptions.cancellation);
      } catch (error) {
        // The renewal served only to confirm S3's denial, so the denial is returned even if the renewal fails.
        if (!isCredentialsError(outcome)) return outcome;
        throw error;
      }
    }
  };
  const scoutThenRead: Read = async (bucket, read, session, readOptions) => {
    const scout = regions.scout(bucket);
    if (typeof scout !== 'function') await scout;
    try {
      return await readOnce(bucket, read, session, readOptions);
    } finally {
      if (typeof scout === 'function') scout();
    }
  };
  const read: Read = (bucket, read, session, readOptions) =>
    regions.isKnown(bucket)
      ? readOnce(bucket, read, session, readOptions)
      : scoutThenRead(bucket, read, session, readOptions);
  return { read, regionOf: regions.of };
}
