// Compiles grants into the session policy that makes AWS itself limit a caller to them.
import { MAX_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import type { Bucket, Grant } from '../config/types.ts';
import { allowances, denials } from './policy-statements.ts';
import type { Statement } from './policy-statements.ts';

/**
 * The policy of all of a caller's grants on a bucket if it fits with its Deny statements, else of those that decided: a caller
 * with very many grants gets a session for each instead of one that reads more.
 * @returns a function that compiles once for as long as the grants live
 */
export function sessionPolicies(): (
  bucket: Bucket,
  decided: readonly Grant[],
  all: readonly Grant[],
) => string {
  const ofAll = new WeakMap<readonly Grant[], string>();
  const ofOne = new WeakMap<Grant, string>();
  return (bucket, decided, all) => {
    let policy = ofAll.get(all);
    if (policy === undefined) ofAll.set(all, (policy = compileWithDenials(bucket, all)));
    if (policy.length <= MAX_POLICY_CHARACTERS) return policy;
    const [only, ...more] = decided;
    if (only === undefined || more.length > 0) return compilePolicy(bucket, decided);
    let own = ofOne.get(only);
    if (own === undefined) ofOne.set(only, (own = compilePolicy(bucket, decided)));
    return own;
  };
}

/**
 * Canonical: the same rights give the same text, whatever the order of grants, so that sessions are shared.
 * Without Deny statements if they do not fit: a long prefix must not make a grant unusable.
 */
export function compilePolicy(bucket: Bucket, grants: readonly Grant[]): string {
  const whole = compileWithDenials(bucket, grants);
  return whole.length <= MAX_POLICY_CHARACTERS ? whole : compileAllowances(bucket, grants);
}

/** The policy without Deny statements: for what it does not limit then, see {@link denials}. */
export function compileAllowances(bucket: Bucket, grants: readonly Grant[]): string {
  return document(allowances(bucket, grants));
}

/** @returns undefined if the policy has no Deny statements, or nothing else */
export function withoutDenials(policy: string): string | undefined {
  const { Statement: all } = JSON.parse(policy) as { readonly Statement: readonly Statement[] };
  const allowing = all.filter(({ Effect }) => Effect === 'Allow');
  return allowing.length === 0 || allowing.length === all.length ? undefined : document(allowing);
}

function compileWithDenials(bucket: Bucket, grants: readonly Grant[]): string {
  return document([...allowances(bucket, grants), ...denials(bucket, grants)]);
}

/** STS accepts Latin-1 only; JSON's escapes stand for all other characters. */
function document(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
