// AssumeRoleWithWebIdentity and AssumeRole: who may become which role, and the credentials for it.
import type { Clock, Durations } from '../clock.ts';
import type { SigningKeys } from '../google/keys.ts';
import { refusalOf, sessionArn, sessionContext } from '../iam/authorize.ts';
import type { Credentials, Principal, Session } from '../iam/credentials.ts';
import { evaluate, MalformedPolicy, readPolicy } from '../iam/policy.ts';
import type { Role, Roles } from '../iam/roles.ts';

import { GOOGLE, readWebIdentity } from './identity-token.ts';
import { listOf, tagsOf, type Parameters } from './parameters.ts';
import { StsError } from './sts-error.ts';

export interface StsParts {
  readonly clock: Clock;
  readonly durations: Durations;
  readonly keys: SigningKeys;
  readonly credentials: Credentials;
  readonly roles: Roles;
}

type Result = Readonly<Record<string, unknown>>;

const DEFAULT_SECONDS = 3600;
/** AWS's limit for a role assumed with a role's credentials. */
const CHAINED_SECONDS = 3600;

/** A role that does not exist and one that does not trust the caller get the same answer. */
export function assumeRoleWithWebIdentity(parameters: Parameters, parts: StsParts): Result {
  const { clock, keys, roles } = parts;
  const { RoleArn = '', WebIdentityToken = '', ProviderId } = parameters;
  if (ProviderId !== undefined)
    throw new StsError('ValidationError', 'ProviderId must not be set for an OpenID Connect token');
  const policy = sessionPolicyOf(parameters);
  const identity = readWebIdentity(WebIdentityToken, keys, clock.now('sts'));
  const role = roles.find(RoleArn);
  const decision =
    role &&
    evaluate(role.trust, {
      action: 'sts:AssumeRoleWithWebIdentity',
      principals: [`Federated:${GOOGLE}`],
      context: new Map([...identity.context, ['sts:rolesessionname', [parameters['RoleSessionName'] ?? '']]]),
    });
  if (!role || decision !== 'allowed') throw new StsError('AccessDenied');
  const session = { name: parameters['RoleSessionName'] ?? '', policy, tags: {}, transitiveTagKeys: [] };
  return {
    ...issued(role, session, secondsOf(parameters, role.maxSessionSeconds), parts),
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    Provider: identity.issuer,
  };
}

export function assumeRole(parameters: Parameters, principal: Principal, parts: StsParts): Result {
  const { roles } = parts;
  const { RoleArn = '', RoleSessionName = '', SourceIdentity } = parameters;
  const policy = sessionPolicyOf(parameters);
  const before = principal.kind === 'session' ? principal.session : undefined;
  const tags = tagsOf(parameters);
  const transitive = listOf(parameters, 'TransitiveTagKeys');
  const inherited = (before?.transitiveTagKeys ?? []).map((key): [string, string] => [
    key,
    before?.tags[key] ?? '',
  ]);
  const sourceIdentity = SourceIdentity ?? before?.sourceIdentity;
  const actions = [
    'sts:AssumeRole',
    ...(Object.keys(tags).length > 0 ? ['sts:TagSession'] : []),
    ...(SourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ];
  const context = requestContext(parameters, tags, transitive, sourceIdentity);
  for (const action of actions) requireBothSides(action, RoleArn, principal, context, roles);
  const overridden = inherited.some(([key]) => Object.hasOwn(tags, key));
  if (overridden || (before?.sourceIdentity !== undefined && sourceIdentity !== before.sourceIdentity)) {
    throw new StsError(
      'AccessDenied',
      'A transitive tag or the source identity of the session cannot be changed',
    );
  }
  const role = roles.find(RoleArn);
  if (!role) throw new StsError('AccessDenied');
  const seconds = secondsOf(parameters, role.maxSessionSeconds);
  if (before && seconds > CHAINED_SECONDS) {
    throw new StsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  }
  const session = {
    name: RoleSessionName,
    policy,
    tags: { ...Object.fromEntries(inherited), ...tags },
    transitiveTagKeys: [...inherited.map(([key]) => key), ...transitive],
    sourceIdentity,
  };
  return { ...issued(role, session, seconds, parts), SourceIdentity: sourceIdentity };
}

/** The caller's own policies must allow it, and the role must trust the caller. */
function requireBothSides(
  action: string,
  roleArn: string,
  principal: Principal,
  context: ReadonlyMap<string, readonly string[]>,
  roles: Roles,
): void {
  const role = roles.find(roleArn);
  const before = principal.kind === 'session' ? principal.session : undefined;
  const own = before && roles.find(before.roleArn);
  const whole = new Map([...(own ? sessionContext(own, before) : []), ...context]);
  const accountId = own?.accountId ?? '123456789012';
  const principals = [`AWS:arn:aws:iam::${accountId}:root`, `AWS:${accountId}`];
  if (own) principals.push(`AWS:${own.arn}`, `AWS:${sessionArn(own, before)}`);
  const refused = refusalOf(roles, principal, { action, resource: roleArn, context });
  if (
    refused !== undefined ||
    !role ||
    evaluate(role.trust, { action, principals, context: whole }) !== 'allowed'
  ) {
    const user = own ? sessionArn(own, before) : `arn:aws:iam::${accountId}:user/owner`;
    throw new StsError(
      'AccessDenied',
      `User: ${user} is not authorized to perform: ${action} on resource: ${roleArn}`,
    );
  }
}

function requestContext(
  { ExternalId, RoleSessionName }: Parameters,
  tags: Readonly<Record<string, string>>,
  transitive: readonly string[],
  sourceIdentity: string | undefined,
): Map<string, readonly string[]> {
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

function sessionPolicyOf(parameters: Parameters): string | undefined {
  const { Policy: text } = parameters;
  if (listOf(parameters, 'PolicyArns', 'arn').length > 0) {
    throw new StsError('ValidationError', 'The sandbox has no managed policies: PolicyArns must not be set');
  }
  if (text === undefined) return undefined;
  try {
    readPolicy(text, 'identity');
  } catch (error) {
    if (error instanceof MalformedPolicy) throw new StsError('MalformedPolicyDocument', error.message);
    throw error;
  }
  return text;
}

function secondsOf({ DurationSeconds }: Parameters, most: number): number {
  const seconds = Number(DurationSeconds ?? DEFAULT_SECONDS);
  if (seconds <= most) return seconds;
  throw new StsError(
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  );
}

function issued(
  role: Role,
  wanted: Omit<Session, 'roleArn' | 'issuedAt' | 'expiresAt'>,
  seconds: number,
  { clock, durations, credentials }: StsParts,
): Result {
  const issuedAt = clock.now('sts');
  const expiresAt = issuedAt + (durations.credentialsSeconds() ?? seconds) * 1000;
  const session = { ...wanted, roleArn: role.arn, issuedAt, expiresAt };
  const { accessKeyId, secretAccessKey, sessionToken } = credentials.issue(session);
  return {
    AssumedRoleUser: { AssumedRoleId: `${role.id}:${session.name}`, Arn: sessionArn(role, session) },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  };
}
