// Decides, as IAM does, whether a principal may perform an action, based on the policies of the principal, its session and the
// resource.
import { actorOf, type Actor } from './actor.ts';
import type { Principal } from './credentials.ts';
import type { Context } from './pattern.ts';
import { evaluate, type Decision, type Policy } from './policy.ts';
import type { Roles } from './roles.ts';

export interface Permission {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  /** The account that owns the resource; if undefined, all callers are treated as belonging to the owner's account. */
  readonly owner?: string | undefined;
  /** The bucket policy or KMS key policy. */
  readonly resourcePolicy?: Policy | undefined;
  /**
   * Whether the resource policy must allow the action or delegate to IAM, as for KMS keys. Defaults to false, as for buckets.
   */
  readonly resourceMustAllow?: boolean;
}

/** AWS's message if it denies access to a caller from a different account. */
export const PLAIN_REFUSAL = 'Access Denied';

/** Returns undefined if the action is allowed, otherwise AWS's message, which names the role and the kind of policy. */
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
 * A Deny in any policy wins. Within an account, either the actor's or the resource's policy must allow the action. For an actor
 * from a different account, both policies must allow it if the resource has a policy. A session policy limits all permissions,
 * with one exception: those that a resource policy in the same account grants to the session's ARN or to "*" (IAM user guide,
 * "Policy evaluation for requests within a single account").
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
  const granted = own === 'allowed' || own === 'granted to the session';
  if (identity === 'not allowed' && (foreign || !granted)) return silence('identity-based');
  const limited = foreign || own !== 'granted to the session';
  return session === 'not allowed' && limited ? silence('session') : undefined;
}

/**
 * If a statement allows a whole account, the decision is delegated to that account's IAM. If a statement denies a whole
 * account, every actor in the account is denied.
 */
function resourceDecision(
  policy: Policy,
  { principals, sessionPrincipals, accountPrincipals }: Actor,
  request: { readonly action: string; readonly resource: string; readonly context: Context },
): Decision | 'granted to the session' | 'left to IAM' {
  const ofAll = evaluate(policy, { ...request, principals: [...principals, ...accountPrincipals] });
  if (ofAll !== 'allowed') return ofAll;
  if (evaluate(policy, { ...request, principals: sessionPrincipals }) === 'allowed')
    return 'granted to the session';
  return evaluate(policy, { ...request, principals }) === 'allowed' ? 'allowed' : 'left to IAM';
}
