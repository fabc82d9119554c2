// Confirms with S3 that a configured bucket exists, by a list of no keys.
import { permitOn } from '../auth/authorize.ts';
import type { Permit } from '../auth/authorize.ts';
import type { Access } from '../auth/grants.ts';
import type { Caller } from '../auth/verify-token.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { RequestContext } from '../observability/request-context.ts';
import { endStep } from '../observability/request-context.ts';
import { untilCancelled } from '../runtime/cancellation.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import { isPending } from '../runtime/maybe-async.ts';
import type { MaybeAsync } from '../runtime/maybe-async.ts';
import { operationOn } from '../s3/operation.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { isS3Error } from '../s3/read.ts';
import type { Read, ReadSession } from '../s3/read.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { SigningCredentials } from '../s3/signature.ts';
import { demandedOwner, demandsOwner } from './request-headers.ts';

/** Some clients check for the bucket before each read. */
const CONFIRMED_MS = 60_000;

/** S3's error that says why the bucket cannot be confirmed, with the request that got it; undefined if the bucket exists. */
export type Unconfirmed = { readonly read: ObjectRead; readonly error: S3Error } | undefined;

export type ConfirmBucket = (
  bucket: string,
  access: ReadonlyMap<string, Access>,
  from: { readonly caller: Caller; readonly context: RequestContext },
) => Promise<Unconfirmed>;

/** The function that it returns throws what `federate` and `read` throw, and Fault not_granted, owner_mismatch, header_invalid. */
export function bucketConfirmation(steps: {
  readonly read: Read;
  federate(
    permit: Permit,
    caller: Caller,
  ): MaybeAsync<ReadSession<SigningCredentials> & { readonly sessionName: string }>;
}): ConfirmBucket {
  /** By bucket name: the time since S3 confirmed it. */
  const confirmed = new Map<string, () => number>();
  return async (bucket, access, { caller, context }) => {
    const permit = permitOn(access, bucket);
    const owner = demandedOwner(context.request, permit.bucket.expectedOwner);
    const isDemanded = demandsOwner(context.request);
    const elapsed = isDemanded ? undefined : confirmed.get(bucket);
    if (elapsed !== undefined && elapsed() < CONFIRMED_MS) return undefined;
    context.role = permit.bucket.role.name;
    const federated = steps.federate(permit, caller);
    const session = isPending(federated) ? await untilCancelled(federated, context.cancellation) : federated;
    endStep(context, 'stsMs');
    context.sessionName = session.sessionName;
    const read = listOfNoKeys(permit);
    const outcome = await steps.read(permit.bucket, read, session, {
      headers: [],
      amzHeaders: owner,
      // A denial is expected if the caller may only get.
      renewsUnexplained: false,
      cancellation: context.cancellation,
      caller: caller.subject,
      requestId: context.requestId,
      counters: context.counters,
    });
    endStep(context, 's3FirstByteMs');
    if (!isS3Error(outcome)) await discard(outcome);
    // The caller may have no right to list, and not every S3 server lists as AWS does. If the caller demands an owner, a refusal
    // may also mean another owner.
    else if (isDemanded || outcome.status === 404 || (outcome.status >= 500 && outcome.status !== 501))
      return { read, error: outcome };
    confirmed.set(bucket, startElapsed());
    return undefined;
  };
}

/** Under a prefix that is granted, so that a session which may list is not denied. */
function listOfNoKeys({ bucket, decided }: Permit): ObjectRead {
  const scope = decided[0]?.scope;
  const query = new Map([
    ['list-type', '2'],
    ['max-keys', '0'],
  ]);
  if (scope?.kind === 'prefix') query.set('prefix', scope.prefix);
  const operation = operationOn({ bucket: bucket.name, key: '' }, 'GET', query);
  if (!('actions' in operation)) throw new Error('Not a list: the method is not GET');
  return operation;
}

/** Reads the body to its end, so that the connection can be used again. */
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
    // The status has already confirmed the bucket.
    fail: finish,
  });
  return promise;
}
