// One read of S3: signed with the caller's session, sent, and sent again once where S3 says that only our side was wrong.
import type { Bucket } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { bucketRegions } from './bucket-regions.ts';
import type { S3Clock } from './clock-offset.ts';
import type { Departure } from '../http1/departure.ts';
import type { ObjectRead } from './operation.ts';
import { createDeparture, untilDeparture } from '../http1/departure.ts';
import { isRedirect, isRefusalStatus, isSuccess, regionToTry } from './redirect.ts';
import { readS3Error } from './refusal.ts';
import { isCredentialsError, renewalBudget, suspicionOf } from './retry/renewal-budget.ts';
import type { S3Error } from './refusal.ts';
import { withPublicName } from './renamed-list.ts';
import type { Sign, SigningCredentials } from './signature.ts';
import { signedRequest } from './signed-request.ts';
import type { UpstreamResponse, Transport } from '../http1/transport.ts';

/** Credentials that can be replaced where S3 no longer takes them. */
export interface ReadSession<Credentials extends SigningCredentials> {
  readonly roleName: string;
  credentials(): Credentials | Promise<Credentials>;
  /** @returns undefined where that takes an STS call, and `mayObtain` says no */
  replace(rejected: Credentials, mayObtain: () => boolean): Promise<Credentials> | undefined;
}

export interface ReadOptions {
  /** Raw pairs that go up as they are, unsigned: ranges and conditionals. */
  readonly headers: readonly string[];
  /** What to ask instead where the object is no longer the one that a range was asked of (`If-Range`). */
  readonly whole?: readonly string[];
  /** `x-amz-…` pairs to sign, names in lower case. */
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
  readonly departure: Departure;
  /** Unique ID of the caller, whose share of the budgets the read spends. */
  readonly caller: string;
  /** The bridge's own, for S3's logs. */
  readonly requestId: string;
  /** Counted up for the log, each where it happens. */
  readonly repeats?: Repeats;
}

/** How often S3 was asked again for one request: before an answer, and amid a body. */
export interface Repeats {
  retries: number;
  resumed: number;
}

export interface Reader {
  readonly read: Read;
  /** What is known of where a bucket is: learned, configured, or the default. */
  regionOf(bucket: Bucket): string;
}

export type Read = <Credentials extends SigningCredentials>(
  bucket: Bucket,
  read: ObjectRead,
  session: ReadSession<Credentials>,
  options: ReadOptions,
) => Promise<UpstreamResponse | S3Error>;

export function isS3Error(outcome: UpstreamResponse | S3Error): outcome is S3Error {
  return 'details' in outcome;
}

async function refusalOf(answer: UpstreamResponse): Promise<S3Error> {
  const refusal = await readS3Error(answer);
  if (!isRefusalStatus(refusal.status)) throw new Fault('s3_invalid_response', { s3Status: refusal.status });
  return refusal;
}

/**
 * `read` throws Fault s3_unreachable, s3_timeout, s3_invalid_response, s3_credentials_rejected, s3_redirect_failed.
 * @param options.defaultRegion where a bucket without a region is looked for first
 * @param options.onRegionLearned told when S3 names another region than the one that was tried
 * @param options.clock what requests are signed by; absent: this machine's, right or wrong
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
   * Tries replaced credentials again, after others were accepted: if S3 still refuses them, the session made the difference,
   * and not something that happened in between, such as an upload.
   */
  const isStillRefused = async (
    bucket: Bucket,
    read: ObjectRead,
    credentials: SigningCredentials,
    extras: ReadOptions,
  ): Promise<boolean> => {
    // HEAD needs the same right as GET, and has no body.
    const plain: ObjectRead = read.name === 'GetObject' ? { ...read, method: 'HEAD' } : read;
    // The caller's departure belongs to the response that it is about to get.
    const departure = createDeparture();
    const signing = { credentials, now: clock?.now(bucket) ?? Date.now() };
    const request = signedRequest(
      bucket,
      plain,
      regions.of(bucket),
      signing,
      { ...extras, headers: [], departure },
      options.sign,
    );
    try {
      const answer = await options.transport.send(request.origin, request);
      return suspicionOf(await readS3Error(answer)) !== undefined;
    } catch {
      return false;
    }
  };

  const readOnce: Read = async (bucket, read, session, extras) => {
    const held = session.credentials();
    let credentials = held instanceof Promise ? await untilDeparture(held, extras.departure) : held;
    let region = regions.of(bucket);
    let renewed = false;
    /** The credentials that this read had replaced by an STS call, and the refusal that they got. */
    let replaced: { readonly credentials: typeof credentials; readonly refusal: S3Error } | undefined;
    let moved = false;
    let signedAnew = false;
    for (;;) {
      const now = clock?.now(bucket) ?? Date.now();
      const request = signedRequest(bucket, read, region, { credentials, now }, extras, options.sign);
      const answer = await options.transport.send(request.origin, request);
      const outcome = isSuccess(answer.status) ? answer : await refusalOf(answer);
      if (isS3Error(outcome) && isRedirect(outcome, region)) {
        region = regionToTry(outcome, moved);
        moved = true;
        continue;
      }
      // Only what has worked is remembered.
      regions.found(bucket, region);
      if (!isS3Error(outcome)) {
        if (replaced !== undefined && budget.wantsProof(session)) {
          const { credentials: old, refusal } = replaced;
          if (isCredentialsError(refusal) || (await isStillRefused(bucket, read, old, extras)))
            budget.proveRevocation(session);
        }
        const isRenamed = read.kind === 'list' && bucket.target !== bucket.name;
        return isRenamed ? withPublicName(outcome, bucket.name) : outcome;
      }
      if (!signedAnew && clock?.isSetBy(outcome, bucket, now) === true) {
        signedAnew = true;
        continue;
      }
      const suspicion = renewed ? undefined : suspicionOf(outcome);
      const refused = credentials;
      const others =
        suspicion &&
        session.replace(refused, () => {
          if (!budget.spend(session, extras.caller, suspicion)) return false;
          replaced = { credentials: refused, refusal: outcome };
          return true;
        });
      if (others === undefined) {
        if (!isCredentialsError(outcome)) return outcome;
        throw new Fault('s3_credentials_rejected', { s3Code: outcome.code, s3Status: outcome.status });
      }
      renewed = true;
      try {
        credentials = await untilDeparture(others, extras.departure);
      } catch (error) {
        // A denial is an answer by itself; the renewal was only to make sure.
        if (!isCredentialsError(outcome)) return outcome;
        throw error;
      }
    }
  };
  const scoutThenRead: Read = async (bucket, read, session, extras) => {
    const scout = regions.scout(bucket);
    if (typeof scout !== 'function') await scout;
    try {
      return await readOnce(bucket, read, session, extras);
    } finally {
      if (typeof scout === 'function') scout();
    }
  };
  const read: Read = (bucket, read, session, extras) =>
    regions.isKnown(bucket)
      ? readOnce(bucket, read, session, extras)
      : scoutThenRead(bucket, read, session, extras);
  return { read, regionOf: regions.of };
}
