// Checks that both sides allow an AssumeRole request: the caller's own policies and the role's trust policy.
import { actorOf } from '../iam/actor.ts';
import { refusalOf } from '../iam/authorize.ts';
import type { Principal } from '../iam/credentials.ts';
import type { Context } from '../iam/pattern.ts';
import { evaluate } from '../iam/policy.ts';
import type { Roles } from '../iam/roles.ts';
import type { Parameters } from './parameters.ts';
import { StsError } from './sts-error.ts';

/** Throws AWS's AccessDenied unless the role exists and both sides allow the action. */
export function requireBothSides(
  action: string,
  roleArn: string,
  principal: Principal,
  context: Context,
  roles: Roles,
): void {
  const role = roles.find(roleArn);
  const actor = actorOf(roles, principal);
  if (!actor) throw new StsError('InvalidClientTokenId');
  const whole = new Map([...actor.context, ...context]);
  const refused = refusalOf(roles, principal, { action, resource: roleArn, context });
  const principals = [...actor.principals, ...actor.accountPrincipals];
  const trusted = role && evaluate(role.trust, { action, principals, context: whole }) === 'allowed';
  if (refused === undefined && trusted) return;
  throw new StsError(
    'AccessDenied',
    `User: ${actor.arn} is not authorized to perform: ${action} on resource: ${roleArn}`,
  );
}

/** Returns the condition keys whose values come from the request's parameters. */
export function requestContext(
  { ExternalId, RoleSessionName }: Parameters,
  tags: Readonly<Record<string, string>>,
  transitive: readonly string[],
  sourceIdentity: string | undefined,
): Context {
  const context = new Map<string, readonly string[]>();
  if (ExternalId !== undefined) context.set('sts:externalid', [ExternalId]);
  if (RoleSessionName !== undefined) context.set('sts:rolesessionname', [RoleSessionName]);
  if (sourceIdentity !== undefined) context.set('sts:sourceidentity', [sourceIdentity]);
  if (transitive.length > 0) context.set('sts:transitivetagkeys', transitive);
  if (Object.keys(tags).length > 0) context.set('aws:tagkeys', Object.keys(tags));
  for (const [key, value] of Object.entries(tags))
    context.set(`aws:requesttag/${key.toLowerCase()}`, [value]);
  return context;
}
