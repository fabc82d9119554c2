// Does what a grant allows, and what it does not, and says where S3 answers otherwise than the bridge's callers may expect.
import type { Bucket, Grant } from '../config.ts';
import { escapeText } from '../config/show.ts';
import type { Refusal } from '../s3/refusal.ts';
import type { Given, Questions } from './bucket-questions.ts';
import type { Examination, Examined } from './examination.ts';
import { isOfBucket, refused, saidBy } from './s3-refusal.ts';

/** Words about an object; what there is no key for, S3 is not asked. */
const WORDS = ['versions', 'tags', 'attributes'] as const;

/**
 * Ends at the first refusal.
 * @param steps.grant what is looked at; `steps.bucket` where it is the bucket that S3 refuses
 */
export async function* examineReads(
  steps: { readonly bucket: string; readonly grant: string },
  { allow, scope }: Grant,
  bucket: Bucket,
  ask: Questions,
): Examined {
  const step = steps.grant;
  const seen: string[] = [];
  const lists = allow.includes('list') && scope.kind !== 'key';
  let key = scope.kind === 'key' ? scope.key : undefined;
  if (lists) {
    const first = await ask.firstKey();
    if (typeof first === 'object') {
      yield refused(isOfBucket(first) ? steps.bucket : step, { what: 'list' }, first);
      return;
    }
    key = first;
    seen.push(first === undefined ? 'lists, and is empty' : 'lists');
  }
  if (allow.includes('get')) {
    const got = key === undefined ? undefined : await ask.firstByte(key);
    if (got !== undefined && key !== undefined) {
      if (isRefused(got)) {
        const told = unreadable(steps, key, got);
        if (typeof told === 'object') {
          yield told;
          return;
        }
        seen.push(told);
      } else seen.push(`reads${byKms(bucket, got.kmsKey)}`);
    }
    if (scope.kind !== 'key') {
      const none = await ask.missing();
      const told = lists ? missingWithList(steps, none) : missingWithoutList(steps, none);
      if (typeof told === 'object') {
        yield told;
        return;
      }
      seen.push(told);
    }
  }
  for (const word of WORDS.filter((each) => allow.includes(each))) {
    if (key === undefined) continue;
    const given = await ask.word(word, key);
    if (isRefused(given) && !LOOKED.includes(given.code)) {
      yield refused(step, { what: `read of ${word}`, key }, given);
      return;
    }
    seen.push(`gives ${word}`);
  }
  if (scope.kind !== 'bucket' && allow.includes('get')) {
    const told = outside(step, await ask.outside());
    if (typeof told === 'object') {
      yield told;
      return;
    }
    seen.push(told);
  }
  yield { step, outcome: 'fine', found: seen.length === 0 ? 'a session was given' : seen.join(', ') };
}

/** S3 has looked for the version, so that it may be asked for one. */
const LOOKED: readonly unknown[] = ['NoSuchVersion', 'MethodNotAllowed'];

const isRefused = (given: Given | Refusal): given is Refusal => 'details' in given;

/** S3 asks for the right to list only after that to get, and only where there is no such object. */
const onlyListLacks = ({ status, denial }: Refusal): boolean =>
  status === 403 && denial?.action?.startsWith('s3:ListBucket') === true;

type Steps = Parameters<typeof examineReads>[0];

/** What is worth a line, or a word of the line that all is fine. */
type Told = Examination | string;

function unreadable(steps: Steps, key: string, refusal: Refusal): Told {
  if (refusal.code === 'InvalidObjectState') return 'may read (the object tried is archived)';
  if (isOfBucket(refusal)) return refused(steps.bucket, { what: 'get' }, refusal);
  if (refusal.status !== 404 && !onlyListLacks(refusal))
    return refused(steps.grant, { what: 'get', key }, refusal);
  return {
    ...{ step: steps.grant, outcome: 'doubtful', found: 'S3 has no such object', compared: { key } },
    fix: 'Put the object there, or mend the key of the grant: keys are compared letter by letter.',
  };
}

function missingWithList(steps: Steps, none: Given | Refusal): Told {
  if (!isRefused(none) || none.status === 404) return 'tells a missing object by 404';
  const told = refused(steps.grant, { what: 'a missing object' }, none);
  return none.status === 403 ? { ...told, fix: NO_LIST } : told;
}

const NO_LIST =
  'Allow the role s3:ListBucket on the bucket for the keys below the prefix, too (s3:prefix as a pattern, PREFIX*): for a missing object S3 tests its key. Until then callers get 403 for it instead of 404, at which many programs stop.';

/** There is no key to try, but the right to get is asked for before the object is looked for. */
function missingWithoutList(steps: Steps, none: Given | Refusal): Told {
  if (isRefused(none) && isOfBucket(none)) return refused(steps.bucket, { what: 'get' }, none);
  if (!isRefused(none) || none.status === 404) return 'may read';
  if (onlyListLacks(none)) return 'may read (a missing object is 403, as the grant has no list)';
  if (none.status !== 403 || none.denial?.action !== undefined)
    return refused(steps.grant, { what: 'get' }, none);
  return {
    ...{ step: steps.grant, outcome: 'unknown' },
    found: `without list there is no key to try, and S3 does not say why it denies a missing one (${saidBy(none.status, none.code)})`,
  };
}

/** Whether KMS was tried, where the bucket has keys. */
function byKms({ kmsKeys }: Bucket, kmsKey: string | undefined): string {
  if (kmsKey !== undefined) return ` with KMS key ${escapeText(kmsKey)}`;
  return kmsKeys.length === 0 ? '' : ' (an object that needs none of the kmsKeys)';
}

function outside(step: string, given: Given | Refusal): Told {
  if (isRefused(given) && given.status === 403) return 'denies what lies outside';
  if (isRefused(given) && given.status !== 404)
    return refused(step, { what: 'a key outside the grant' }, given);
  return {
    ...{ step, outcome: 'wrong', found: 'S3 does not deny what the session policy leaves out' },
    compared: { 'S3 answers': isRefused(given) ? saidBy(given.status, given.code) : 'the object' },
    fix: NOT_HELD,
  };
}

const NOT_HELD =
  'What answers at this endpoint does not enforce session policies: is it AWS? The bridge’s own grants still hold, but alone.';
