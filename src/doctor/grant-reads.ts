// Does what a grant allows, and what it does not, and says where S3 answers otherwise than the bridge's callers may expect.
import type { Action, Bucket, Grant } from '../config/types.ts';
import { escapeText } from '../config/show.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { ObjectResponse, BucketChecks } from './bucket-checks.ts';
import { examineBoundary } from './boundary.ts';
import type { Examination, Examined, StepNames, Observation } from './step-report.ts';
import { isRefused, onlyListLacks, refused, s3ErrorDetail } from './s3-refusal.ts';

/** Words about an object; without a key, S3 is not asked. */
const WORDS = ['versions', 'tags', 'attributes'] as const;

export interface TriedGrant {
  readonly names: StepNames;
  readonly grant: Grant;
  readonly bucket: Bucket;
  /** In a session as a caller's with this grant only. */
  readonly checks: BucketChecks;
  /** In a session whose policy has no Deny statements; undefined if the caller's has none either. */
  readonly checksWithoutDenials: (() => Promise<BucketChecks>) | undefined;
}

/** Ends at the first thing that is not as it should be. */
export async function* examineReads(tried: TriedGrant): Examined {
  const seen: string[] = [];
  for await (const told of observe(tried)) {
    if (typeof told === 'string') seen.push(told);
    else yield told;
    if (typeof told === 'object' && told.outcome !== 'unknown') return;
  }
  if (seen.length > 0) yield { step: tried.names.grant, outcome: 'fine', found: seen.join(', ') };
}

async function* observe(tried: TriedGrant): AsyncGenerator<Observation, void, undefined> {
  const { names, grant, bucket, checks } = tried;
  const { allow, scope } = grant;
  const lists = allow.includes('list') && scope.kind !== 'key';
  let key = scope.kind === 'key' ? scope.key : undefined;
  if (lists) {
    const first = await checks.firstKey();
    if (typeof first === 'object') yield refused(names, { what: 'list' }, first);
    else {
      key = first;
      yield first === undefined ? 'lists, and is empty' : 'lists';
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
      yield isGiven ? `gives ${word}` : refused(names, { what: `read of ${word}`, key }, response);
    }
  } else if (words.length > 0) yield notTried(names, words);
  yield* examineBoundary(tried);
}

const notTried = ({ grant: step }: StepNames, words: readonly Action[]): Examination => ({
  step,
  outcome: 'unknown',
  found: `${words.join(', ')}: not tried, as there is no object to try`,
  fix: 'The doctor tries these on the first object of a list, or on the `key` of a grant: add an object or such a grant, then run it again.',
});

/** S3 tests the right to a version before it looks for one: no such version, a delete marker, or no right to list them. */
const isAboutTheVersion = (refusal: S3Error): boolean =>
  refusal.code === 'NoSuchVersion' || refusal.code === 'MethodNotAllowed' || onlyListLacks(refusal);

function unreadable(names: StepNames, key: string, refusal: S3Error): Observation {
  if (refusal.code === 'InvalidObjectState') return 'may read (the object tried is archived)';
  if (refusal.code !== 'NoSuchKey' && !onlyListLacks(refusal))
    return refused(names, { what: 'get', key }, refusal);
  return {
    step: names.grant,
    outcome: 'doubtful',
    found: 'S3 has no such object',
    compared: { key },
    fix: 'Put the object there, or mend the key of the grant: keys are compared letter by letter.',
  };
}

/** @param hasRead whether an object was read before, so that the right to get cannot be what lacks */
function missingWithList(names: StepNames, none: ObjectResponse | S3Error, hasRead: boolean): Observation {
  if (!isRefused(none)) return respondsToAnything(names);
  if (none.code === 'NoSuchKey') return 'tells a missing object by 404';
  const told = refused(names, { what: 'a missing object' }, none);
  const isSilent = none.status === 403 && none.denial?.action === undefined;
  return onlyListLacks(none) || (isSilent && hasRead) ? { ...told, fix: NO_LIST } : told;
}

const NO_LIST =
  'Allow the role s3:ListBucket on the bucket for the keys below the prefix, too (s3:prefix as a pattern, PREFIX*): for a missing object S3 tests its key. Until then callers get 403 for it instead of 404, at which many programs stop.';

/** There is no key to try, but the right to get is asked for before the object is looked for. */
function missingWithoutList(names: StepNames, none: ObjectResponse | S3Error): Observation {
  if (!isRefused(none)) return respondsToAnything(names);
  if (none.code === 'NoSuchKey') return 'may read';
  if (onlyListLacks(none)) return 'may read (a missing object is 403, as the grant has no list)';
  if (none.status !== 403 || none.denial?.action !== undefined) return refused(names, { what: 'get' }, none);
  return {
    step: names.grant,
    outcome: 'unknown',
    found: `without list there is no key to try, and S3 does not say why it denies a missing one (${s3ErrorDetail(none.status, none.code)})`,
    fix: "To find out, put an object below the prefix and read it through the bridge with a token of one of the grant's callers.",
  };
}

const respondsToAnything = ({ grant: step }: StepNames): Examination => ({
  step,
  outcome: 'wrong',
  found: 'S3 gives an object for a key that does not exist',
  fix: 'The server at this endpoint does not behave like S3: check `endpoint` of the bucket, and whether a proxy answers.',
});

/** Whether KMS was tried, where the bucket has keys. */
function byKms({ kmsKeys }: Bucket, kmsKey: string | undefined): string {
  if (kmsKey !== undefined) return ` with KMS key ${escapeText(kmsKey)}`;
  return kmsKeys.length === 0 ? '' : ' (an object that needs none of the kmsKeys)';
}
