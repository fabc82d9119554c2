// Confirms with S3 that a configured bucket exists, by listing it with `max-keys=0`.
import { permitOn } from '../auth/authorize.ts';
import type { Permit } from '../auth/authorize.ts';
import type { Access } from '../auth/grants.ts';
import type { Caller } from '../auth/caller.ts';
import { headerOf } from '../http1/exchange.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { RequestContext } from '../observability/request-context.ts';
import { endStep } from '../observability/request-context.ts';
import { untilCancelled } from '../runtime/cancellation.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import { operationOn } from '../s3/operation.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { isS3Error } from '../s3/read.ts';
import type { Read, ReadSession } from '../s3/read.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { SigningCredentials } from '../s3/signature.ts';
import { demandedOwner, demandsOwner } from './request-headers.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

/**
 * How long a bucket's existence is cached. Many clients check that a bucket exists before each read; without the cache, each
 * check would cause an S3 request.
 */
const CONFIRMED_MS = 60_000;

/** The request to S3 and its error, if S3 did not confirm that the bucket exists; undefined if S3 confirmed it. */
export type Unconfirmed = { readonly read: ObjectRead; readonly error: S3Error } | undefined;

export type ConfirmBucket = (
  bucket: string,
  access: ReadonlyMap<string, Access>,
  from: { readonly caller: Caller; readonly context: RequestContext },
) => Promise<Unconfirmed>;

type Session = ReadSession<SigningCredentials> & { readonly sessionName: string };

/**
 * The returned function throws Fault not_granted, owner_mismatch, header_invalid, and every error that `federate` and `read`
 * throw.
 */
export function bucketConfirmation(steps: {
  readonly read: Read;
  federate(permit: Permit, caller: Caller): MaybePromise<Session>;
}): ConfirmBucket {
  /** Maps each bucket name to a function that returns how many milliseconds ago S3 confirmed the bucket. */
  const confirmed = new Map<string, () => number>();
  return async (bucket, access, { caller, context }) => {
    const permit = permitOn(access, bucket);
    const owner = demandedOwner(context.request, permit.bucket.expectedOwner);
    const isDemanded = demandsOwner(context.request);
    const elapsed = isDemanded ? undefined : confirmed.get(bucket);
    if (elapsed !== undefined && elapsed() < CONFIRMED_MS) return undefined;
    context.role = permit.bucket.role.name;
    const session = await untilCancelled(steps.federate(permit, caller), context.cancellation);
    endStep(context, 'stsMs');
    context.sessionName = session.sessionName;
    const read = listOfNoKeys(permit);
    const outcome = await steps.read(permit.bucket, read, session, {
      headers: [],
      amzHeaders: owner,
      // A denial must not renew the session, because S3 denies this list request to every caller that may only get objects.
      renewsUnexplained: false,
      cancellation: context.cancellation,
      caller: caller.subject,
      requestId: context.requestId,
      counters: context.counters,
    });
    endStep(context, 's3FirstByteMs');
    context.s3RequestId = headerOf(outcome.headers, 'x-amz-request-id');
    if (!isS3Error(outcome)) await discard(outcome);
    // Only 404 and server errors other than 501 leave the bucket unconfirmed. Any other error may only mean that the caller may
    // not list, or that the S3 server does not support this list request. If the caller requires an owner, no error counts as a
    // confirmation: a denial may mean that the bucket has a different owner.
    else if (isDemanded || outcome.status === 404 || (outcome.status >= 500 && outcome.status !== 501))
      return { read, error: outcome };
    confirmed.set(bucket, startElapsed());
    return undefined;
  };
}

/**
 * Builds a list request that returns no keys. If the caller's grant has a prefix, the request lists that prefix, because S3
 * would not let this session list the whole bucket.
 */
function listOfNoKeys({ bucket, decided }: Permit): ObjectRead {
  const scope = decided[0]?.scope;
  const query = new Map([
    ['list-type', '2'],
    ['max-keys', '0'],
  ]);
  if (scope?.kind === 'prefix') query.set('prefix', scope.prefix);
  const operation = operationOn({ bucket: bucket.name, key: '' }, 'GET', query);
  if (!('actions' in operation)) throw new Error('the list request was not parsed as a read');
  return operation;
}

/** Reads and discards the whole body, so that the connection can be reused. */
function discard(response: UpstreamResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const finish = (): void => {
    resolve(undefined);
  };
  response.pipe({
    write: (_chunk, free) => {
      free?.();
      return true;
    },
    end: finish,
    // A failure of the body is ignored, because the status has already confirmed the bucket.
    fail: finish,
  });
  return promise;
}
