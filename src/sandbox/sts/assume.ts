// Serves AssumeRoleWithWebIdentity and AssumeRole: checks whether the caller may assume the role, and issues credentials.
import type { Clock, Durations } from '../clock.ts';
import type { SigningKeys } from '../google/keys.ts';
import { sessionArn } from '../iam/actor.ts';
import type { Credentials, Principal, Session } from '../iam/credentials.ts';
import { evaluate, MalformedPolicy, readPolicy } from '../iam/policy.ts';
import type { Role, Roles } from '../iam/roles.ts';
import { requestContext, requireBothSides } from './both-sides.ts';
import { GOOGLE, readWebIdentity } from './identity-token.ts';
import { checkMfa } from './mfa.ts';
import { listOf, type Parameters } from './parameters.ts';
import { StsError } from './sts-error.ts';
import { sessionTagsOf } from './tags.ts';

export interface StsParts {
  readonly clock: Clock;
  readonly durations: Durations;
  readonly keys: SigningKeys;
  readonly credentials: Credentials;
  readonly roles: Roles;
}

type Result = Readonly<Record<string, unknown>>;

const DEFAULT_SECONDS = 3600;
/** AWS's maximum session duration if a role is assumed with a different role's credentials. */
const CHAINED_SECONDS = 3600;

/** As in AWS, a missing role causes the same error as a role that does not trust the caller. */
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
  const { clock, roles } = parts;
  const { RoleArn = '', RoleSessionName = '', SourceIdentity } = parameters;
  const policy = sessionPolicyOf(parameters);
  const before = principal.kind === 'session' ? principal.session : undefined;
  const { requested, requestedTransitive, tags, transitiveTagKeys } = sessionTagsOf(parameters, before);
  const sourceIdentity = SourceIdentity ?? before?.sourceIdentity;
  if (before?.sourceIdentity !== undefined && sourceIdentity !== before.sourceIdentity) {
    throw new StsError('ValidationError', 'The source identity is already set for this assume role session');
  }
  // Session tags and a source identity require permission, even if they are inherited from the previous session.
  const actions = [
    'sts:AssumeRole',
    ...(Object.keys(tags).length > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ];
  const mfa = checkMfa(parameters, principal, clock.now('sts'));
  const own = requestContext(parameters, requested, requestedTransitive, sourceIdentity);
  const context = new Map([...own, ...mfa]);
  for (const action of actions) requireBothSides(action, RoleArn, principal, context, roles);
  const role = roles.find(RoleArn);
  if (!role) throw new StsError('AccessDenied');
  const seconds = secondsOf(parameters, role.maxSessionSeconds);
  if (before && seconds > CHAINED_SECONDS) {
    throw new StsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  }
  const session = { name: RoleSessionName, policy, tags, transitiveTagKeys, sourceIdentity };
  return { ...issued(role, session, seconds, parts), SourceIdentity: sourceIdentity };
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
