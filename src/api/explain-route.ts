// `/-/explain`: shows callers which of their grants allows a request, or why none does, without calling an upstream.
import { explain } from '../auth/explain-decision.ts';
import type { Denial } from '../auth/explain-decision.ts';
import type { Caller } from '../auth/caller.ts';
import { matchingPatterns } from '../auth/grants.ts';
import type { Access } from '../auth/grants.ts';
import { isComputeDefault } from '../config/google-names.ts';
import type { CallerPattern, Grant, ReadAction, Scope } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { isWord, sampleRequest, wordOf, WORDS } from '../s3/sample-request.ts';
import { checkedBucket, checkedKey, loggable } from '../s3/target.ts';

export interface ExplainRequest {
  readonly word: ReadAction;
  readonly read: ObjectRead;
}

const NO_EMAIL_HINT =
  'Your token has no verified email, so grants can name you only by unique ID. Request your token with format=full from the metadata server, or ask the operator for a grant to your unique ID.';

const COMPUTE_DEFAULT_HINT =
  "Your account is Compute Engine's default service account, which project grants do not cover. Ask the operator for a grant to the account's email.";

/**
 * Returns a hint for a caller without grants: how grants name a caller of another issuer, that the token has no email, or that
 * project grants do not cover the account.
 */
export function hintWithoutGrants({ email, issuer, subject }: Caller): string | undefined {
  if (issuer !== undefined) return `Grants name you as ${subject}. Ask the operator for a grant.`;
  if (email === undefined) return NO_EMAIL_HINT;
  return isComputeDefault(email) ? COMPUTE_DEFAULT_HINT : undefined;
}

/** @throws Fault parameter_invalid, not_implemented, bucket_name_invalid, key_too_long, key_holds_nul */
export function readExplainRequest(query: ReadonlyMap<string, string>): ExplainRequest {
  const word = query.get('action') ?? 'get';
  if (!isWord(word)) throw invalid('action', `must be one of ${WORDS.join(', ')}, vend`);
  const bucket = query.get('bucket') ?? '';
  if (bucket === '') throw invalid('bucket', 'must be given');
  const [subject, other] = word === 'list' ? ['prefix', 'key'] : ['key', 'prefix'];
  if (query.has(other)) throw invalid(other, `must not be given with action=${word}: use ${subject}`);
  const value = query.get(subject) ?? '';
  if (value === '' && word !== 'list')
    throw invalid('key', 'must be given (for action=list, give prefix instead)');
  const unknown = [...query.keys()].find((name) => !['action', 'bucket', subject].includes(name));
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: loggable(unknown) });
  return { word, read: sampleRequest(word, checkedBucket(bucket), checkedKey(value)) };
}

const invalid = (parameter: string, rule: string): Fault =>
  new Fault('parameter_invalid', { parameter, rule });

/**
 * Explains the decision with the caller's own grants and the buckets in those grants. Omits roles and other callers' grants.
 */
export function explainResponse(
  { word, read }: ExplainRequest,
  caller: Caller,
  access: ReadonlyMap<string, Access>,
): object {
  const explained = explain(access, read);
  const request = {
    bucket: read.bucket,
    [read.kind === 'list' ? 'prefix' : 'key']: read.subject,
    action: word,
    needs: read.actions,
  };
  if ('denial' in explained)
    return { ...request, allowed: false, decidedBy: [], ...reasonOf(explained.denial, read, caller) };
  const { decided } = explained.permit;
  const what = read.kind === 'list' ? 'this prefix' : 'this key';
  return {
    ...request,
    allowed: true,
    decidedBy: decided.map((grant) => ({
      allow: grant.allow,
      ...scopeFields(grant.scope),
      matchedBy: matchingPatterns(caller, grant.callers).map(matchFields),
    })),
    why: `Your grants cover ${what}. They allow ${describeGrants(decided)}.`,
  };
}

/** Returns the scope in the configuration's format: either `key` or `prefix`. An empty `prefix` means the whole bucket. */
export function scopeFields(scope: Scope): object {
  return scope.kind === 'key' ? { key: scope.key } : { prefix: scope.kind === 'prefix' ? scope.prefix : '' };
}

/**
 * Returns the fields that describe how a grant names the caller. Only the pattern that matches the caller is described, not the
 * grant's other callers.
 */
export function matchFields(pattern: CallerPattern): object {
  switch (pattern.kind) {
    case 'email':
      return { verifiedEmail: pattern.email };
    case 'id':
      return { uniqueId: pattern.uniqueId };
    case 'email-and-id':
      return { verifiedEmail: pattern.email, uniqueId: pattern.uniqueId };
    case 'project':
      return { projectOfVerifiedEmail: pattern.project };
    case 'user':
      return { person: pattern.email };
    case 'issued':
      return { issuer: pattern.issuer, subject: pattern.subject };
  }
}

function reasonOf(
  { why, withheld, nearest, more }: Denial,
  { kind, subject }: ObjectRead,
  caller: Caller,
): { readonly why: string; readonly hint: string } {
  const what = kind === 'list' ? 'prefix' : 'key';
  const right = withheld === undefined ? '' : (wordOf(withheld) ?? withheld);
  const others = more === 0 ? [] : [`${more} more`];
  const reaches = listed([...nearest.map(({ scope }) => describeScope(scope)), ...others]);
  switch (why) {
    case 'no_grant':
      return {
        why: 'You have no grant on this bucket, or the bucket does not exist.',
        hint: hintWithoutGrants(caller) ?? '/-/whoami lists what you may read. Ask the operator for a grant.',
      };
    case 'other_actions':
      return {
        why: `Your grants cover this ${what}, but do not allow ${right} on it.`,
        hint: `Ask the operator to also allow ${right} on ${reaches}.`,
      };
    case 'outside':
      return {
        why: `Your grants that allow ${right} in this bucket cover ${reaches}, but not this ${what}.`,
        hint: `Compare the ${what} with your grants byte for byte, or ask the operator for a grant that covers the ${what}.`,
      };
    case 'neither':
      return {
        why: `Your grants in this bucket cover ${reaches}. No grant covers this ${what}, and no grant allows ${right}.`,
        hint: `Ask the operator for a grant that allows ${right} and covers the ${what}.`,
      };
    case 'prefix_open':
      return {
        why: `The prefix has no trailing slash, so the list would also include keys outside ${subject}/, which your grants do not cover.`,
        hint: `Use the prefix ${subject}/.`,
      };
    case 'above':
      return {
        why: `This prefix is broader than your grants, which cover only ${reaches}.`,
        hint: 'List a prefix that your grants cover, or add delimiter=/ to list the common prefixes that lead to your grants.',
      };
  }
}

/** Describes grants in words, for example `get and list on raw/public/, and get on the key README.txt`. */
export const describeGrants = (grants: readonly Grant[]): string =>
  grants.map(({ allow, scope }) => `${listed(allow)} on ${describeScope(scope)}`).join(', and ');

const describeScope = (scope: Scope): string => {
  if (scope.kind === 'bucket') return 'the whole bucket';
  return scope.kind === 'prefix' ? scope.prefix : `the key ${scope.key}`;
};

const listed = (texts: readonly string[]): string => new Intl.ListFormat('en').format(texts);
