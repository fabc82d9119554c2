// Tests reads inside and outside a grant, and reports where S3's responses differ from what callers may expect.
import type { Action, Bucket, Grant } from '../config/types.ts';
import { escapeText } from '../config/show.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { ObjectResponse, BucketChecks } from './bucket-checks.ts';
import { examineBoundary } from './boundary.ts';
import { examineDistribution } from './distribution.ts';
import type { DistributionChecks } from './distribution-checks.ts';
import type { Examination, Examined, StepNames, Observation } from './step-report.ts';
import { isRefused, onlyListLacks, refused, s3ErrorDetail } from './s3-refusal.ts';

/** The actions that are tested on an object, if the key of an object is known. */
const WORDS = ['versions', 'tags', 'attributes'] as const;

export interface TriedGrant {
  readonly names: StepNames;
  readonly grant: Grant;
  readonly bucket: Bucket;
  /** The checks in the session of a caller that has only this grant. */
  readonly checks: BucketChecks;
  /**
   * Creates the checks in a session without the policy's Deny statements; undefined if the caller's policy has no such
   * statements.
   */
  readonly checksWithoutDenials: (() => Promise<BucketChecks>) | undefined;
  /**
   * The checks through the bucket's distribution, in the same session as `checks`; undefined if the bucket has no distribution.
   */
  readonly distribution: DistributionChecks | undefined;
}

/** Tests the reads that a grant allows. Stops at the first problem. */
export async function* examineReads(tried: TriedGrant): Examined {
  const seen: string[] = [];
  for await (const observation of observe(tried)) {
    if (typeof observation === 'string') seen.push(observation);
    else yield observation;
    if (typeof observation === 'object' && observation.outcome !== 'unknown') return;
  }
  if (seen.length > 0) yield { step: tried.names.grant, outcome: 'fine', found: seen.join(', ') };
}

async function* observe(tried: TriedGrant): AsyncGenerator<Observation, void, undefined> {
  const { names, grant, bucket, checks, distribution } = tried;
  const { allow, scope } = grant;
  const lists = allow.includes('list') && scope.kind !== 'key';
  let key = scope.kind === 'key' ? scope.key : undefined;
  if (lists) {
    const first = await checks.firstKey();
    if (typeof first === 'object') yield refused(names, { what: 'list' }, first);
    else {
      key = first;
      yield first === undefined ? 'lists (no objects)' : 'lists';
    }
  }
  if (allow.includes('get')) {
    if (key !== undefined) {
      const got = await checks.firstByte(key);
      yield isRefused(got) ? unreadable(names, key, got) : `reads${byKms(bucket, got.kmsKey)}`;
    }
    if (scope.kind !== 'key') {
      const none = await checks.missing();
      yield lists ? missingWithList(names, none, key !== undefined) : missingWithoutList(names, none);
    }
  }
  const words = WORDS.filter((each) => allow.includes(each));
  if (key !== undefined) {
    for (const word of words) {
      const response = await checks.word(word, key);
      const isGiven = !isRefused(response) || (word === 'versions' && isAboutTheVersion(response));
      yield isGiven ? `reads ${word}` : refused(names, { what: `read of ${word}`, key }, response);
    }
  } else if (words.length > 0) yield notTried(names, words);
  yield* examineBoundary(tried);
  if (bucket.via !== undefined && distribution !== undefined && key !== undefined && allow.includes('get'))
    yield* examineDistribution(names, { via: bucket.via, key, checks: distribution });
}

const notTried = ({ grant: step }: StepNames, words: readonly Action[]): Examination => ({
  step,
  outcome: 'unknown',
  found: `not tested, because no object is known: ${words.join(', ')}`,
  fix: "The doctor tests these actions on the first object that it lists, or on a grant's `key`. Upload an object or add a grant with `key`, then rerun the doctor.",
});

/**
 * Whether an error for a requested version shows that the session may read versions. S3 checks this right before it looks for
 * the version. The session therefore has the right if S3 reports that the version does not exist, that it is a delete marker,
 * or that only the right to list is missing.
 */
const isAboutTheVersion = (refusal: S3Error): boolean =>
  refusal.code === 'NoSuchVersion' || refusal.code === 'MethodNotAllowed' || onlyListLacks(refusal);

function unreadable(names: StepNames, key: string, refusal: S3Error): Observation {
  if (refusal.code === 'InvalidObjectState') return 'may read objects (the tested object is archived)';
  if (refusal.code !== 'NoSuchKey' && !onlyListLacks(refusal))
    return refused(names, { what: 'get', key }, refusal);
  return {
    step: names.grant,
    outcome: 'doubtful',
    found: 'S3 has no such object',
    compared: { key },
    fix: "Upload the object, or fix the grant's key: keys must match exactly.",
  };
}

/** @param hasRead whether the session has already read an object, which proves that it has the right to get */
function missingWithList(names: StepNames, none: ObjectResponse | S3Error, hasRead: boolean): Observation {
  if (!isRefused(none)) return respondsToAnything(names);
  if (none.code === 'NoSuchKey') return 'returns 404 for a missing object';
  const refusal = refused(names, { what: 'get of a missing object' }, none);
  const isSilent = none.status === 403 && none.denial?.action === undefined;
  return onlyListLacks(none) || (isSilent && hasRead) ? { ...refusal, fix: NO_LIST } : refusal;
}

const NO_LIST =
  'Also allow the role s3:ListBucket, with the condition that s3:prefix matches PREFIX*: for a missing object, S3 compares the key with this pattern. Without this permission, reads of missing objects return 403 instead of 404, and many programs stop at a 403.';

/**
 * Interprets a read of a missing object if the grant does not allow list. The response shows whether the session has the right
 * to get, because S3 checks this right before it looks for the object.
 */
function missingWithoutList(names: StepNames, none: ObjectResponse | S3Error): Observation {
  if (!isRefused(none)) return respondsToAnything(names);
  if (none.code === 'NoSuchKey') return 'may read objects';
  if (onlyListLacks(none))
    return 'may read objects (a missing object returns 403 because the grant does not allow list)';
  if (none.status !== 403 || none.denial?.action !== undefined) return refused(names, { what: 'get' }, none);
  return {
    step: names.grant,
    outcome: 'unknown',
    found: `could not verify that S3 allows reads: the grant does not allow list, so the doctor has no key to read, and S3 gave no reason for denying a read of a missing object (${s3ErrorDetail(none.status, none.code)})`,
    fix: "To find out, upload an object below the prefix and read it through the bridge with a token from one of the grant's callers.",
  };
}

const respondsToAnything = ({ grant: step }: StepNames): Examination => ({
  step,
  outcome: 'wrong',
  found: 'S3 returned an object for a key that should not exist',
  fix: "The server at this endpoint does not behave like S3: check the bucket's `endpoint`, and whether a proxy is responding instead.",
});

/**
 * Returns a note for the finding: the KMS key that the read used, or that the read used none although the bucket has `kmsKeys`.
 */
function byKms({ kmsKeys }: Bucket, kmsKey: string | undefined): string {
  if (kmsKey !== undefined) return ` with KMS key ${escapeText(kmsKey)}`;
  return kmsKeys.length === 0 ? '' : ' (the object is not encrypted with any key in kmsKeys)';
}
