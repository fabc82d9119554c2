// Everything that an IAM role needs for the bridge: name, session duration, trust policy and permissions.
import { parseRoleArn } from '../config/aws-names.ts';
import { MAX_HOP_SECONDS } from '../config/aws-limits.ts';
import type { Config } from '../config/types.ts';
import { hopTrustOf, hopTrustPolicy, trustPolicy } from './trust-policy.ts';
import type { TrustedToken, TrustPolicy } from './trust-policy.ts';

/** The name of a role's inline policy. */
export const POLICY_NAME = 'fedbridge';

export interface RoleDefinition {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly maxSessionSeconds: number;
  readonly trust: TrustPolicy;
  readonly permissions: object;
}

export const isFirstRole = (roles: Config['roles'], arn: string): boolean =>
  [...roles.values()].some((role) => role.arn === arn);

interface Definition {
  readonly arn: string;
  /** The permission policy as JSON. */
  readonly permissions: string;
  /** The tokens that the role trusts; absent if no entry of `roles` has this ARN as its first role. */
  readonly trusted?: TrustedToken;
}

export function defineRole(
  roles: Config['roles'],
  { arn, permissions, trusted }: Definition,
): RoleDefinition {
  const { name } = parseRoleArn(arn);
  const durations = [...roles.values()].flatMap((role) => (role.arn === arn ? [role.durationSeconds] : []));
  return {
    arn,
    name,
    path: arn.slice(arn.indexOf(':role/') + ':role'.length, -name.length),
    // One hour is both the lowest maximum session duration that IAM accepts and the longest possible session for a chained role.
    maxSessionSeconds: Math.max(MAX_HOP_SECONDS, ...durations),
    trust: trustOf(roles, arn, trusted),
    permissions: JSON.parse(permissions) as object,
  };
}

/** Combines the statements for all entries in `roles` that contain this ARN, because several entries can use one IAM role. */
function trustOf(roles: Config['roles'], arn: string, trusted: TrustedToken | undefined): TrustPolicy {
  const policies = [
    ...(trusted === undefined ? [] : [trustPolicy(trusted)]),
    ...[...roles.values()].flatMap((role) =>
      role.then.flatMap((hop, index) => {
        const trust = hop.arn === arn ? hopTrustOf(role, index + 1) : undefined;
        return trust === undefined ? [] : [hopTrustPolicy(trust)];
      }),
    ),
  ];
  const statements = policies.flatMap(({ Statement }) => Statement);
  const distinct = new Map(statements.map((statement) => [JSON.stringify(statement), statement]));
  return { Version: '2012-10-17', Statement: [...distinct.values()] };
}
