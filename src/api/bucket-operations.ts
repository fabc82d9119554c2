// Serves ListBuckets, HeadBucket and GetBucketLocation from the configuration. Callers see only buckets on which they have
// grants.
import type { Caller } from '../auth/caller.ts';
import type { Access } from '../auth/grants.ts';
import type { Bucket } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { ANY_GRANT, OWN_BUCKETS } from '../observability/audit.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { BucketOperation, Operation } from '../s3/operation.ts';
import type { ConfirmBucket } from './bucket-existence.ts';
import { checkExpectedOwner } from './request-headers.ts';
import { sendBucketResponse } from './responses/bucket.ts';
import { responseClosed } from './responses/object.ts';
import { sendS3Error } from './responses/s3-error.ts';
import { addServerTiming } from './responses/server-timing.ts';

interface BucketSteps {
  /** Confirms with S3 that a bucket exists. Only HeadBucket uses this function; the other operations do not call S3. */
  readonly confirmBucket: ConfirmBucket;
  regionOf(bucket: Bucket): string;
  readonly startedAt: Date;
  readonly serverTiming: boolean;
}

/**
 * Sends the response, and resolves when the caller has received it or has disconnected.
 * @throws Fault not_granted, owner_mismatch, owner_not_checked, parameter_invalid, and every error that `confirmBucket` throws
 */
export async function serveBucketOperation(
  { confirmBucket, regionOf, startedAt, serverTiming }: BucketSteps,
  operation: BucketOperation,
  access: ReadonlyMap<string, Access>,
  from: { readonly caller: Caller; readonly context: RequestContext },
): Promise<void> {
  const { context } = from;
  const buckets = bucketsFor(operation, access);
  context.decision = operation.kind === 'buckets' ? OWN_BUCKETS : ANY_GRANT;
  if (operation.kind === 'location') checkExpectedOwner(context.request, buckets[0]?.expectedOwner);
  const unconfirmed =
    operation.kind === 'bucket' ? await confirmBucket(operation.bucket, access, from) : undefined;
  if (serverTiming) addServerTiming(context);
  if (unconfirmed === undefined) sendBucketResponse(context, operation, { buckets, regionOf, startedAt });
  else sendS3Error(context, unconfirmed.read, unconfirmed.error);
  await responseClosed(context.response);
}

export const isBucketOperation = (operation: Operation): operation is BucketOperation =>
  operation.kind !== 'object' && operation.kind !== 'list';

/** @throws Fault not_granted if the caller has no grants on the bucket, even if the bucket exists */
function bucketsFor(operation: BucketOperation, access: ReadonlyMap<string, Access>): Bucket[] {
  if (operation.kind === 'buckets') return [...access.values()].map(({ bucket }) => bucket);
  const own = access.get(operation.bucket);
  if (own === undefined) throw new Fault('not_granted');
  return [own.bucket];
}
