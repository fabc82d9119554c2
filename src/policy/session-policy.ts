// Compiles grants into a session policy, so that AWS itself limits a caller to these grants.
import { MAX_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import type { Bucket, Grant } from '../config/types.ts';
import { allowances, denials } from './policy-statements.ts';
import type { Statement } from './policy-statements.ts';

/**
 * Uses all of a caller's grants on a bucket if their policy, including its Deny statements, is short enough. If the policy is
 * too long, uses only the grants that allow the request. A caller with very many grants therefore gets a session for each
 * grant, instead of one session that may read more.
 * @returns a function that caches each policy for as long as its grants exist
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
 * Compiles grants into a canonical policy: the same rights produce the same text, regardless of the order of grants, so that
 * sessions can be shared. Omits the Deny statements if they do not fit, because a long prefix must not make a grant unusable.
 */
export function compilePolicy(bucket: Bucket, grants: readonly Grant[]): string {
  const whole = compileWithDenials(bucket, grants);
  return whole.length <= MAX_POLICY_CHARACTERS ? whole : compileAllowances(bucket, grants);
}

/** Returns the policy without Deny statements. {@link denials} explains what such a policy does not limit. */
export function compileAllowances(bucket: Bucket, grants: readonly Grant[]): string {
  return policyDocument(allowances(bucket, grants));
}

/** @returns the policy without its Deny statements; undefined if it has no Deny statements, or consists only of them */
export function withoutDenials(policy: string): string | undefined {
  const { Statement: all } = JSON.parse(policy) as { readonly Statement: readonly Statement[] };
  const allowing = all.filter(({ Effect }) => Effect === 'Allow');
  return allowing.length === 0 || allowing.length === all.length ? undefined : policyDocument(allowing);
}

function compileWithDenials(bucket: Bucket, grants: readonly Grant[]): string {
  return policyDocument([...allowances(bucket, grants), ...denials(bucket, grants)]);
}

/** Returns a policy as JSON. STS accepts only Latin-1, so JSON escapes replace all other characters. */
export function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
