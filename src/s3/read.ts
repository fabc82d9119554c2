// One read of S3: signed with the caller's session, sent, and sent again once if only the bridge's side was wrong: the region,
// the clock, or credentials that have expired or been revoked.
import type { Bucket } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { createCancellation, untilCancelled } from '../runtime/cancellation.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { Transport } from '../http1/transport.ts';
import { isPending } from '../runtime/maybe-async.ts';
import type { MaybeAsync } from '../runtime/maybe-async.ts';
import { bucketRegions, isRedirect, regionToTry } from './bucket-regions.ts';
import type { S3Clock } from './clock-offset.ts';
import type { ObjectRead } from './operation.ts';
import { withPublicName } from './renamed-list.ts';
import { isCredentialsError, renewalBudget, renewalReasonFor } from './retry/rejected-credentials.ts';
import { asS3Fault, readS3Error, readS3Rejection } from './s3-error.ts';
import type { S3Error } from './s3-error.ts';
import type { Sign, SigningCredentials } from './signature.ts';
import { signedRequest } from './signed-request.ts';
import type { RequestOptions } from './signed-request.ts';

/** Credentials that can be replaced if S3 no longer accepts them. */
export interface ReadSession<Credentials extends SigningCredentials> {
  readonly roleName: string;
  credentials(): MaybeAsync<Credentials>;
  /** @returns undefined if that takes an STS call and `mayObtain` returns false */
  replace(rejected: Credentials, mayObtain: () => boolean): Promise<Credentials> | undefined;
}

export interface ReadOptions extends RequestOptions {
  /** Headers to send instead if the object is no longer the one that a range is for (`If-Range`). */
  readonly whole?: readonly string[];
  /** Whether a denial for which S3 gives no reason may be worth new credentials; true. */
  readonly renewsUnexplained?: boolean;
  /** Unique ID of the caller, whose share of the budgets the read spends. */
  readonly caller: string;
  /** Counted up for the log. */
  readonly counters?: RetryCounters;
}

/** How often one request was sent to S3 again: before a response, and during a body. */
export interface RetryCounters {
  retries: number;
  resumed: number;
}

export interface Reader {
  readonly read: Read;
  /** A bucket's region as far as it is known: learned, configured, or the default. */
  regionOf(bucket: Bucket): string;
}

/** Four arguments and no object, as each wrapper around a read passes them on, for every request. */
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
 * @param options.defaultRegion tried first for a bucket without a region
 * @param options.onRegionLearned called when S3 names another region than the one tried
 * @param options.clock the time that requests are signed with; default: this machine's, right or wrong
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
   * Tries replaced credentials again, after others were accepted. If S3 still rejects them, the session made the difference, and
   * not something that happened in between, such as an upload.
   */
  const isStillRejected = async (
    bucket: Bucket,
    read: ObjectRead,
    credentials: SigningCredentials,
    readOptions: ReadOptions,
  ): Promise<boolean> => {
    // HEAD needs the same right as GET, and has no body.
    const plain: ObjectRead = read.name === 'GetObject' ? { ...read, method: 'HEAD' } : read;
    const from = {
      bucket,
      read: plain,
      region: regions.of(bucket),
      credentials,
      now: clock?.now(bucket) ?? Date.now(),
    };
    // The caller's cancellation belongs to the response that the caller is about to get.
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
    const held = session.credentials();
    let credentials = isPending(held) ? await untilCancelled(held, readOptions.cancellation) : held;
    let region = regions.of(bucket);
    let renewed = false;
    /** The credentials that this read had replaced by an STS call, and the error that they got. */
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
      // Only a region that worked is remembered.
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
        // A denial is a valid outcome; the renewal was only to make sure.
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

/** Includes 304, which a caller's condition requests; excludes 205, whose body some clients skip. */
function isSuccess(status: number): boolean {
  return status === 200 || status === 206 || status === 304 || status === 204;
}
