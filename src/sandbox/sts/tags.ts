// Combines the requested and inherited session tags of an AssumeRole request, and checks AWS's limits on tags.
import type { Session } from '../iam/credentials.ts';
import { listOf, type Parameters } from './parameters.ts';
import { StsError } from './sts-error.ts';

export interface SessionTags {
  /** The tags that this request sets. */
  readonly requested: Readonly<Record<string, string>>;
  readonly requestedTransitive: readonly string[];
  /** The new session's tags: inherited transitive tags and requested tags. */
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
}

const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
const CHARACTERS = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`;
const KEY = new RegExp(`^${CHARACTERS}+$`, 'u');
const VALUE = new RegExp(`^${CHARACTERS}*$`, 'u');

const lower = (key: string) => key.toLowerCase();

/** Throws InvalidParameterValue, or a ValidationError that lists all tags outside AWS's limits. */
export function sessionTagsOf(parameters: Parameters, before: Session | undefined): SessionTags {
  const keys = listOf(parameters, 'Tags', 'Key');
  const values = keys.map((_, index) => parameters[`Tags.member.${index + 1}.Value`] ?? '');
  const transitive = listOf(parameters, 'TransitiveTagKeys');
  const broken = [...brokenLimits(keys, values, transitive)];
  if (broken.length > 0) {
    const count = `${broken.length} validation error${broken.length > 1 ? 's' : ''} detected: `;
    throw new StsError('ValidationError', count + broken.join('; '));
  }
  const inherited = before?.transitiveTagKeys ?? [];
  const conflict = conflictOf(keys, transitive, inherited);
  if (conflict !== undefined) throw new StsError('InvalidParameterValue', conflict);
  const requested = Object.fromEntries(keys.map((key, index) => [key, values[index] ?? '']));
  const handedOn = Object.fromEntries(inherited.map((key) => [key, before?.tags[key] ?? '']));
  return {
    requested,
    requestedTransitive: transitive,
    tags: { ...handedOn, ...requested },
    transitiveTagKeys: [...inherited, ...transitive],
  };
}

function* brokenLimits(
  keys: readonly string[],
  values: readonly string[],
  transitive: readonly string[],
): Generator<string> {
  const fails = (member: string, constraint: string) =>
    `Value at '${member}' failed to satisfy constraint: Member must ${constraint}`;
  const most = (count: number) => `have length less than or equal to ${count}`;
  const pattern = (text: string) => `satisfy regular expression pattern: ${text}`;
  if (keys.length > MOST_TAGS) yield fails('tags', most(MOST_TAGS));
  if (transitive.length > MOST_TAGS) yield fails('transitiveTagKeys', most(MOST_TAGS));
  for (const [index, key] of keys.entries()) {
    const member = `tags.${index + 1}.member.key`;
    if (key.length < 1) yield fails(member, 'have length greater than or equal to 1');
    if (key.length > LONGEST_KEY) yield fails(member, most(LONGEST_KEY));
    if (!KEY.test(key)) yield fails(member, pattern(`${CHARACTERS}+`));
  }
  for (const [index, value] of values.entries()) {
    const member = `tags.${index + 1}.member.value`;
    if (value.length > LONGEST_VALUE) yield fails(member, most(LONGEST_VALUE));
    if (!VALUE.test(value)) yield fails(member, pattern(`${CHARACTERS}*`));
  }
}

function conflictOf(
  keys: readonly string[],
  transitive: readonly string[],
  inherited: readonly string[],
): string | undefined {
  const requested = new Set(keys.map(lower));
  if (keys.some((key) => /^aws:/i.test(key)))
    return 'Tag keys beginning with aws: are reserved for system use.';
  if (requested.size < keys.length)
    return 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';
  if (inherited.some((key) => requested.has(lower(key))))
    return "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
  if (transitive.some((key) => !requested.has(lower(key))))
    return 'The specified transitive tag key must be included in the requested tags.';
  return undefined;
}
