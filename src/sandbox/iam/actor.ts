// Describes the user or role session that makes a request: how policies refer to it, and its own policies.
import type { Principal, Session } from './credentials.ts';
import type { Context } from './pattern.ts';
import { readPolicy, type Policy } from './policy.ts';
import type { Role, Roles } from './roles.ts';

export interface Actor {
  /** The ARN that AWS shows in CloudTrail, in error messages, and in GetCallerIdentity responses. */
  readonly arn: string;
  /** The actor's ID: `AROA…:SESSION` for a session, or `AIDA…` for a user. */
  readonly userId: string;
  readonly accountId: string;
  /** The `Principal` values in trust, bucket and key policies that match this actor. */
  readonly principals: readonly string[];
  /** The `principals` that match only this session. A session policy does not limit permissions granted to these principals. */
  readonly sessionPrincipals: readonly string[];
  /** The `Principal` values that match the actor's whole account. */
  readonly accountPrincipals: readonly string[];
  /** Condition keys and values that the actor adds to each of its requests. */
  readonly context: Context;
  readonly permissions: Policy;
  readonly sessionPolicy: Policy | undefined;
}

/** Returns an ARN like `arn:aws:sts::…:assumed-role/NAME/SESSION`. */
export function sessionArn(role: Role, session: Session): string {
  return `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${session.name}`;
}

/** Returns undefined for a session whose role no longer exists. */
export function actorOf(roles: Roles, principal: Principal): Actor | undefined {
  if (principal.kind === 'user') {
    const { arn, id, name, accountId, permissions } = principal.user;
    return {
      arn,
      userId: id,
      accountId,
      principals: [`AWS:${arn}`],
      sessionPrincipals: [`AWS:${arn}`],
      accountPrincipals: accountPrincipals(accountId),
      context: new Map([
        ['aws:principalarn', [arn]],
        ['aws:principalaccount', [accountId]],
        ['aws:principaltype', ['User']],
        ['aws:username', [name]],
        ['aws:userid', [id]],
      ]),
      permissions,
      sessionPolicy: undefined,
    };
  }
  const { session } = principal;
  const role = roles.find(session.roleArn);
  if (!role) return undefined;
  const arn = sessionArn(role, session);
  return {
    arn,
    userId: `${role.id}:${session.name}`,
    accountId: role.accountId,
    principals: [`AWS:${role.arn}`, `AWS:${arn}`],
    sessionPrincipals: [`AWS:${arn}`],
    accountPrincipals: accountPrincipals(role.accountId),
    context: sessionContext(role, session),
    permissions: role.permissions,
    sessionPolicy: session.policy === undefined ? undefined : readPolicy(session.policy, 'identity'),
  };
}

const accountPrincipals = (accountId: string) => [`AWS:arn:aws:iam::${accountId}:root`, `AWS:${accountId}`];

function sessionContext(role: Role, session: Session): Context {
  return new Map<string, readonly string[]>([
    ['aws:principalarn', [role.arn]],
    ['aws:principalaccount', [role.accountId]],
    ['aws:principaltype', ['AssumedRole']],
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
