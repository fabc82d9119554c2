// Compiles the permission policy that a role needs in AWS, for the grants on its buckets and the next hops in its chains.
import type { Config, Role } from '../config/types.ts';
import { literal } from './grant-reach.ts';
import { allowances, oneOrMany } from './policy-statements.ts';
import type { Statement } from './policy-statements.ts';
import { hopActions } from './trust-policy.ts';

/**
 * Combines the permissions for all entries of `roles` that contain this ARN, because several entries can use one IAM role.
 * @param arn the ARN of a first role or a chained role
 * @returns JSON without spaces; undefined if the role reads nothing and assumes no other role
 */
export function readPolicyOf(
  { roles, buckets, grants }: Pick<Config, 'roles' | 'buckets' | 'grants'>,
  arn: string,
): string | undefined {
  const statements = [
    ...[...roles.values()].flatMap((role) => hopAllowances(role, arn)),
    ...[...buckets.values()]
      .filter(({ role }) => (role.then.at(-1)?.arn ?? role.arn) === arn)
      .flatMap((bucket) => {
        const granted = grants.filter((grant) => grant.bucket === bucket.name);
        return granted.length === 0 ? [] : allowances(bucket, granted);
      }),
  ];
  if (statements.length === 0) return undefined;
  return JSON.stringify({ Version: '2012-10-17', Statement: withoutRepeats(statements) }, latinOnly);
}

/** Allows the role, at any position in a chain, to assume the next role and to pass on its tags and source identity. */
function hopAllowances(role: Role, arn: string): Statement[] {
  return role.then.flatMap((next, index): Statement[] => {
    const before = role.then[index - 1]?.arn ?? role.arn;
    if (before !== arn) return [];
    return [{ Effect: 'Allow', Action: oneOrMany(hopActions(role, index + 1)), Resource: literal(next.arn) }];
  });
}

function withoutRepeats(statements: readonly Statement[]): Statement[] {
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()];
}

/**
 * Replaces each character that a role's policy cannot contain with `?`, which matches any single character. Such a policy can
 * contain only characters from tab to the end of Latin-1, and it has no escapes. Callers' session policies have escapes, so they
 * stay exact.
 */
const latinOnly = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/[^\t-\u00ff]/gu, '?') : value;
