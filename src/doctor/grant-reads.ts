// Does what a grant allows, and what it does not, and says where S3 answers otherwise than the bridge's callers may expect.
import type { Bucket, Grant } from '../config.ts';
import { escapeText } from '../config/show.ts';
import type { Refusal } from '../s3/refusal.ts';
import type { Given, Questions } from './bucket-questions.ts';
import type { Examination, Examined } from './examination.ts';
import { refused, saidBy } from './s3-refusal.ts';

/** Words about an object; what there is no key for, S3 is not asked. */
const WORDS = ['versions', 'tags', 'attributes'] as const;

export interface Named {
  /** Steps: of the grant, and where S3 refuses the bucket as a whole, of that. */
  readonly grant: string;
  readonly bucket: string;
  /** Who asks, as AWS names it. */
  readonly as: string;
}

/** Ends at the first refusal. */
export async function* examineReads(named: Named, grant: Grant, bucket: Bucket, ask: Questions): Examined {
  const step = named.grant;
  const seen: string[] = [];
  for await (const told of answersOf(named, grant, bucket, ask)) {
    if (typeof told === 'object') {
      yield told;
      return;
    }
    seen.push(told);
  }
  yield { step, outcome: 'fine', found: seen.length === 0 ? 'a session was given' : seen.join(', ') };
}

/** What is worth a step, or a word of the step that all is fine. */
type Told = Examination | string;

async function* answersOf(
  named: Named,
  { allow, scope }: Grant,
  bucket: Bucket,
  ask: Questions,
): AsyncGenerator<Told, void, undefined> {
  const lists = allow.includes('list') && scope.kind !== 'key';
  let key = scope.kind === 'key' ? scope.key : undefined;
  if (lists) {
    const first = await ask.firstKey();
    if (typeof first === 'object') yield refused(named, { what: 'list' }, first);
    else {
      key = first;
      yield first === undefined ? 'lists, and is empty' : 'lists';
    }
  }
  if (allow.includes('get')) {
    if (key !== undefined) {
      const got = await ask.firstByte(key);
      yield isRefused(got) ? unreadable(named, key, got) : `reads${byKms(bucket, got.kmsKey)}`;
    }
    if (scope.kind !== 'key') {
      const none = await ask.missing();
      yield lists ? missingWithList(named, none, key !== undefined) : missingWithoutList(named, none);
    }
  }
  for (const word of WORDS.filter((each) => allow.includes(each))) {
    if (key === undefined) continue;
    const given = await ask.word(word, key);
    const isGiven = !isRefused(given) || LOOKED.includes(given.code);
    yield isGiven ? `gives ${word}` : refused(named, { what: `read of ${word}`, key }, given);
  }
  if (scope.kind !== 'bucket' && allow.includes('get')) yield outside(named, await ask.outside());
}

/** S3 has looked for the version, so that it may be asked for one. */
const LOOKED: readonly unknown[] = ['NoSuchVersion', 'MethodNotAllowed'];

const isRefused = (given: Given | Refusal): given is Refusal => 'details' in given;

/** S3 asks for the right to list only after that to get, and only where there is no such object. */
const onlyListLacks = ({ status, denial }: Refusal): boolean =>
  status === 403 && denial?.action?.startsWith('s3:ListBucket') === true;

function unreadable(named: Named, key: string, refusal: Refusal): Told {
  if (refusal.code === 'InvalidObjectState') return 'may read (the object tried is archived)';
  if (refusal.code !== 'NoSuchKey' && !onlyListLacks(refusal))
    return refused(named, { what: 'get', key }, refusal);
  return {
    ...{ step: named.grant, outcome: 'doubtful', found: 'S3 has no such object', compared: { key } },
    fix: 'Put the object there, or mend the key of the grant: keys are compared letter by letter.',
  };
}

/** @param hasRead whether an object was read before, so that the right to get cannot be what lacks */
function missingWithList(named: Named, none: Given | Refusal, hasRead: boolean): Told {
  if (!isRefused(none) || none.code === 'NoSuchKey') return 'tells a missing object by 404';
  const told = refused(named, { what: 'a missing object' }, none);
  const isSilent = none.status === 403 && none.denial?.action === undefined;
  return onlyListLacks(none) || (isSilent && hasRead) ? { ...told, fix: NO_LIST } : told;
}

const NO_LIST =
  'Allow the role s3:ListBucket on the bucket for the keys below the prefix, too (s3:prefix as a pattern, PREFIX*): for a missing object S3 tests its key. Until then callers get 403 for it instead of 404, at which many programs stop.';

/** There is no key to try, but the right to get is asked for before the object is looked for. */
function missingWithoutList(named: Named, none: Given | Refusal): Told {
  if (!isRefused(none) || none.code === 'NoSuchKey') return 'may read';
  if (onlyListLacks(none)) return 'may read (a missing object is 403, as the grant has no list)';
  if (none.status !== 403 || none.denial?.action !== undefined) return refused(named, { what: 'get' }, none);
  return {
    ...{ step: named.grant, outcome: 'unknown' },
    found: `without list there is no key to try, and S3 does not say why it denies a missing one (${saidBy(none.status, none.code)})`,
  };
}

/** Whether KMS was tried, where the bucket has keys. */
function byKms({ kmsKeys }: Bucket, kmsKey: string | undefined): string {
  if (kmsKey !== undefined) return ` with KMS key ${escapeText(kmsKey)}`;
  return kmsKeys.length === 0 ? '' : ' (an object that needs none of the kmsKeys)';
}

function outside(named: Named, given: Given | Refusal): Told {
  if (isRefused(given) && given.status === 403) return 'denies what lies outside';
  if (isRefused(given) && given.code !== 'NoSuchKey')
    return refused(named, { what: 'a key outside the grant' }, given);
  return {
    ...{ step: named.grant, outcome: 'wrong', found: 'S3 does not deny what the session policy leaves out' },
    compared: { 'S3 answers': isRefused(given) ? saidBy(given.status, given.code) : 'the object' },
    fix: NOT_HELD,
  };
}

const NOT_HELD =
  'What answers at this endpoint does not enforce session policies: is it AWS? The bridge’s own grants still hold, but alone.';
