// The options of `fedbridge check` that test whether a caller may read something.
import { CALLER_MUST, callerFix, readCallerPattern } from '../../config/caller-pattern.ts';
import { issuedProblem } from '../../config/issuer-checks.ts';
import { quote } from '../../config/show.ts';
import type { CallerPattern, Config, ReadAction } from '../../config/types.ts';
import { FAULTS } from '../../errors/table.ts';
import { Fault } from '../../errors/fault.ts';
import type { ObjectRead } from '../../s3/operation.ts';
import { sampleRequest, WORDS } from '../../s3/sample-request.ts';
import { checkedBucket, checkedKey } from '../../s3/target.ts';
import { UsageError } from '../arguments.ts';

export interface CheckRequest {
  /** A pattern that names a single caller. */
  readonly caller: Exclude<CallerPattern, { kind: 'project' }>;
  readonly word: ReadAction;
  readonly read: ObjectRead;
}

/** A request to check whether a caller may obtain AWS credentials for a bucket. */
export interface VendingRequest {
  readonly caller: CheckRequest['caller'];
  readonly vendBucket: string;
}

const QUESTIONS = [...WORDS, 'vend'] as const;

export const REQUEST_OPTIONS = ['caller', ...QUESTIONS] as const;

type Values = Readonly<Partial<Record<(typeof REQUEST_OPTIONS)[number], string>>>;

/** @returns undefined if none of these options is given. @throws UsageError */
export function readCheckRequest(values: Values): CheckRequest | VendingRequest | undefined {
  const [word, ...more] = QUESTIONS.filter((each) => values[each] !== undefined);
  const options = QUESTIONS.map((each) => `--${each}`);
  if (word === undefined) {
    if (values.caller === undefined) return undefined;
    throw new UsageError(`--caller also needs one of ${options.join(', ')}.`);
  }
  if (more.length > 0) throw new UsageError(`Give only one of ${options.join(', ')}.`);
  if (values.caller === undefined) throw new UsageError(`--${word} also needs --caller.`);
  const caller = readCaller(values.caller);
  if (word === 'vend') return { caller, vendBucket: readBucket(values.vend ?? '') };
  return { caller, word, read: readTarget(word, values[word] ?? '') };
}

function readCaller(text: string): CheckRequest['caller'] {
  const pattern = readCallerPattern(text);
  if (pattern !== undefined && pattern.kind !== 'project') return pattern;
  const fix = pattern === undefined ? callerFix(text) : "Name one of the project's service accounts.";
  const must =
    pattern === undefined
      ? CALLER_MUST
      : 'must be one caller: an email, a unique ID, EMAIL#ID, ISSUER:SUBJECT or user:EMAIL';
  throw new UsageError(`--caller ${must}, not ${quote(text)}. ${fix}`.trimEnd());
}

/** @throws UsageError if the caller's issuer is not in the configuration, or does not use subjects of this form */
export function checkCallerIssuer({ caller }: Pick<CheckRequest, 'caller'>, { issuers }: Config): void {
  if (caller.kind !== 'issued') return;
  const problem = issuedProblem(caller, new Map(issuers.map(({ name, kind }) => [name, kind])));
  if (problem !== undefined) throw new UsageError(`--caller ${problem.rule}. ${problem.fix}`.trimEnd());
}

/**
 * Parses BUCKET/KEY or BUCKET/PREFIX. Everything after the first slash belongs to the key or prefix, including further slashes.
 */
function readTarget(word: ReadAction, text: string): ObjectRead {
  if (/^s3:\/\//i.test(text))
    throw new UsageError(`--${word} must be BUCKET/KEY, not ${quote(text)}: remove s3://.`);
  const slash = text.indexOf('/');
  const bucket = slash === -1 ? text : text.slice(0, slash);
  const subject = slash === -1 ? '' : text.slice(slash + 1);
  if (subject === '' && word !== 'list')
    throw new UsageError(`--${word} must be BUCKET/KEY, not ${quote(text)}.`);
  try {
    return sampleRequest(word, checkedBucket(bucket), checkedKey(subject));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new UsageError(
      `--${word} must be BUCKET/KEY (for a list, BUCKET/PREFIX). ${FAULTS[error.code].sentence}`,
    );
  }
}

function readBucket(text: string): string {
  try {
    return checkedBucket(text);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const fix = text.includes('/')
      ? ' Credentials always allow everything in the grants that include vend.'
      : '';
    throw new UsageError(`--vend must be the name of a bucket, not ${quote(text)}.${fix}`);
  }
}
