// `/-/explain`: shows callers which of their own grants decides about a request, or why none does. Calls no upstream.
import { explain } from '../auth/explain-decision.ts';
import type { Denial } from '../auth/explain-decision.ts';
import type { Caller } from '../auth/verify-token.ts';
import { matchingPatterns } from '../auth/grants.ts';
import type { Access } from '../auth/grants.ts';
import { isComputeDefault } from '../config/google-names.ts';
import type { Action, CallerPattern, Scope } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { isWord, sampleRequest, wordOf, WORDS } from '../s3/sample-request.ts';
import { checkedBucket, checkedKey, loggable } from '../s3/target.ts';

export interface ExplainRequest {
  readonly word: Action;
  readonly read: ObjectRead;
}

const NO_EMAIL_HINT =
  'Your token carries no verified e-mail, so that grants can name you by unique ID alone: ask the metadata server for format=full, or the operator for a grant.';

const COMPUTE_DEFAULT_HINT =
  "You are Compute Engine's default service account, which no grant to a project covers: ask the operator for a grant by its e-mail.";

/** Why grants may not name the caller: the token lacks what they name, or the account is in no project's ID. */
export function hintWithoutGrants({ email }: Caller): string | undefined {
  if (email === undefined) return NO_EMAIL_HINT;
  return isComputeDefault(email) ? COMPUTE_DEFAULT_HINT : undefined;
}

/** @throws Fault parameter_invalid, not_implemented, bucket_name_invalid, key_too_long, key_holds_nul */
export function readExplainRequest(query: ReadonlyMap<string, string>): ExplainRequest {
  const word = query.get('action') ?? 'get';
  if (!isWord(word)) throw invalid('action', `must be one of ${WORDS.join(', ')}`);
  const bucket = query.get('bucket') ?? '';
  if (bucket === '') throw invalid('bucket', 'must be given');
  const [subject, other] = word === 'list' ? ['prefix', 'key'] : ['key', 'prefix'];
  if (query.has(other)) throw invalid(other, `must not stand beside action=${word}: give ${subject}`);
  const value = query.get(subject) ?? '';
  if (value === '' && word !== 'list') throw invalid('key', 'must be given; for action=list give prefix');
  const unknown = [...query.keys()].find((name) => !['action', 'bucket', subject].includes(name));
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: loggable(unknown) });
  return { word, read: sampleRequest(word, checkedBucket(bucket), checkedKey(value)) };
}

const invalid = (parameter: string, rule: string): Fault =>
  new Fault('parameter_invalid', { parameter, rule });

/** Callers learn only about themselves: nothing about others' grants, roles, or buckets without grants for them. */
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
  const rights = decided.map((grant) => `${listed(grant.allow)} on ${describeScope(grant.scope)}`);
  return {
    ...request,
    allowed: true,
    decidedBy: decided.map((grant) => ({
      allow: grant.allow,
      ...scopeFields(grant.scope),
      matchedBy: matchingPatterns(caller, grant.callers).map(matchFields),
    })),
    why: `Your grant of ${rights.join(', and that of ')} reaches ${what}.`,
  };
}

/** In the configuration's own form: `key`, or `prefix`, which is empty for the whole bucket. */
export function scopeFields(scope: Scope): object {
  return scope.kind === 'key' ? { key: scope.key } : { prefix: scope.kind === 'prefix' ? scope.prefix : '' };
}

/** Only the caller's own pattern, not the grant's other callers. */
function matchFields(pattern: CallerPattern): object {
  switch (pattern.kind) {
    case 'email':
      return { verifiedEmail: pattern.email };
    case 'id':
      return { uniqueId: pattern.uniqueId };
    case 'email-and-id':
      return { verifiedEmail: pattern.email, uniqueId: pattern.uniqueId };
    case 'project':
      return { projectOfVerifiedEmail: pattern.project };
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
        why: 'No grant names you in this bucket, or there is no such bucket.',
        hint: hintWithoutGrants(caller) ?? '/-/whoami lists what you may read. Ask the operator for a grant.',
      };
    case 'other_actions':
      return {
        why: `A grant of yours reaches this ${what}, but none that does allows ${right}.`,
        hint: `Ask the operator to allow ${right} too on ${reaches}.`,
      };
    case 'outside':
      return {
        why: `Your grants of ${right} in this bucket reach ${reaches}, and this ${what} lies outside.`,
        hint: `Compare the ${what} with them, byte for byte, or ask the operator for a grant that reaches it.`,
      };
    case 'neither':
      return {
        why: `Your grants in this bucket reach ${reaches}; none reaches this ${what}, and none allows ${right}.`,
        hint: `Ask the operator for a grant of ${right} that reaches it.`,
      };
    case 'prefix_open':
      return {
        why: `The prefix must end at a slash inside the grant: as it is it would list what lies beside ${subject}/ too.`,
        hint: `Ask for the prefix ${subject}/.`,
      };
    case 'above':
      return {
        why: `This prefix lies above your grants, which begin at ${reaches}.`,
        hint: 'List one of these; or list this one with delimiter=/, which shows the way down to them.',
      };
  }
}

const describeScope = (scope: Scope): string => {
  if (scope.kind === 'bucket') return 'the whole bucket';
  return scope.kind === 'prefix' ? scope.prefix : `the key ${scope.key}`;
};

const listed = (texts: readonly string[]): string => new Intl.ListFormat('en').format(texts);
