// Whether a principal may do something: its role's permissions and its session policy must both allow it.
import type { Principal, Session } from './credentials.ts';
import { evaluate, readPolicy } from './policy.ts';
import type { Role, Roles } from './roles.ts';
import type { Context } from './pattern.ts';

/** `arn:aws:sts::…:assumed-role/NAME/SESSION`, as CloudTrail and AWS's messages write it. */
export function sessionArn(role: Role, session: Session): string {
  return `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${session.name}`;
}

/** The condition keys that a session brings to every request. */
export function sessionContext(role: Role, session: Session): Map<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    ['aws:principalarn', [role.arn]],
    ['aws:principalaccount', [role.accountId]],
    ['aws:userid', [`${role.id}:${session.name}`]],
    ['aws:tokenissuetime', [new Date(session.issuedAt).toISOString()]],
    ...(session.sourceIdentity === undefined
      ? []
      : [['aws:sourceidentity', [session.sourceIdentity]] as [string, string[]]]),
    ...Object.entries(session.tags).map(([key, value]): [string, string[]] => [
      `aws:principaltag/${key.toLowerCase()}`,
      [value],
    ]),
  ]);
}

export interface Permission {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** Why not, in AWS's words, which name the role; undefined where it is allowed. */
export function refusalOf(roles: Roles, principal: Principal, permission: Permission): string | undefined {
  if (principal.kind === 'owner') return undefined;
  const { session } = principal;
  const role = roles.find(session.roleArn);
  if (!role) return 'Access Denied';
  const { action, resource } = permission;
  const context = new Map([...sessionContext(role, session), ...permission.context]);
  const sentence = (because: string) =>
    `User: ${sessionArn(role, session)} is not authorized to perform: ${action} on resource: "${resource}" ${because}`;
  const policies = [
    { name: 'identity-based', policy: role.permissions },
    ...(session.policy === undefined
      ? []
      : [{ name: 'session', policy: readPolicy(session.policy, 'identity') }]),
  ];
  const decisions = policies.map(({ name, policy }) => ({
    name,
    decision: evaluate(policy, { action, resource, context }),
  }));
  const denied = decisions.find(({ decision }) => decision === 'denied');
  if (denied) return sentence(`with an explicit deny in a ${denied.name} policy`);
  const silent = decisions.find(({ decision }) => decision === 'not allowed');
  if (silent) return sentence(`because no ${silent.name} policy allows the ${action} action`);
  return undefined;
}
