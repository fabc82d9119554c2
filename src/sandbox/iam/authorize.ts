// Whether a principal may do something: what its own policies, its session's and the resource's say together, as IAM decides.
import { actorOf, type Actor } from './actor.ts';
import type { Principal } from './credentials.ts';
import type { Context } from './pattern.ts';
import { evaluate, type Decision, type Policy } from './policy.ts';
import type { Roles } from './roles.ts';

export interface Permission {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  /** The account of the resource, where that counts. */
  readonly owner?: string | undefined;
  /** The bucket's or the key's own policy. */
  readonly resourcePolicy?: Policy | undefined;
  /** A key's policy must allow, or leave it to IAM; a bucket's need say nothing. */
  readonly resourceMustAllow?: boolean;
}

/** All that AWS says to another account. */
export const PLAIN_REFUSAL = 'Access Denied';

/** Why not, in AWS's words, which name the role and the kind of policy; undefined where it is allowed. */
export function refusalOf(roles: Roles, principal: Principal, permission: Permission): string | undefined {
  const actor = actorOf(roles, principal);
  if (!actor) return PLAIN_REFUSAL;
  const foreign = permission.owner !== undefined && permission.owner !== actor.accountId;
  const reason = reasonOf(actor, permission, foreign);
  if (reason === undefined || foreign) return reason && PLAIN_REFUSAL;
  const { action, resource } = permission;
  const shown = action.startsWith('s3:') ? `"${resource}"` : resource;
  return `User: ${actor.arn} is not authorized to perform: ${action} on resource: ${shown} ${reason}`;
}

/**
 * A Deny anywhere wins. Within an account either the actor's policies or the resource's may allow; from another account both
 * must if the resource has a policy. A session policy limits everything except what the resource's policy grants, within the
 * account, to the session's ARN or to "*" (IAM user guide, "Policy evaluation for requests within a single account").
 */
function reasonOf(actor: Actor, permission: Permission, foreign: boolean): string | undefined {
  const { action, resource, resourcePolicy, resourceMustAllow = false } = permission;
  const context = new Map([...actor.context, ...permission.context]);
  const identity = evaluate(actor.permissions, { action, resource, context });
  const session = actor.sessionPolicy
    ? evaluate(actor.sessionPolicy, { action, resource, context })
    : 'allowed';
  const own = resourcePolicy
    ? resourceDecision(resourcePolicy, actor, { action, resource, context })
    : 'not allowed';

  const deny = (kind: string) => `with an explicit deny in ${kind} policy`;
  if (identity === 'denied') return deny('an identity-based');
  if (session === 'denied') return deny('a session');
  if (own === 'denied') return deny('a resource-based');

  const silence = (kind: string) => `because no ${kind} policy allows the ${action} action`;
  const ownNeeded = resourceMustAllow || (foreign && resourcePolicy !== undefined);
  if (ownNeeded && own === 'not allowed') return silence('resource-based');
  const granted = own === 'allowed' || own === 'allowed to the session';
  if (identity === 'not allowed' && (foreign || !granted)) return silence('identity-based');
  const limited = foreign || own !== 'allowed to the session';
  return session === 'not allowed' && limited ? silence('session') : undefined;
}

/** A policy that allows the account as such leaves it to IAM who in it may; one that denies it denies everyone in it. */
function resourceDecision(
  policy: Policy,
  { principals, sessionPrincipals, accountPrincipals }: Actor,
  request: { readonly action: string; readonly resource: string; readonly context: Context },
): Decision | 'allowed to the session' | 'left to IAM' {
  const ofAll = evaluate(policy, { ...request, principals: [...principals, ...accountPrincipals] });
  if (ofAll !== 'allowed') return ofAll;
  if (evaluate(policy, { ...request, principals: sessionPrincipals }) === 'allowed')
    return 'allowed to the session';
  return evaluate(policy, { ...request, principals }) === 'allowed' ? 'allowed' : 'left to IAM';
}
