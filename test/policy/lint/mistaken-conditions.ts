// Conditions on keys that Google's tokens lack, and operators that do not tell one token from another.
import { conditioned } from './mistake.ts';
import type { Mistake } from './mistake.ts';
import { by, GOOD, pins, UNIQUE_ID } from './policies.ts';

const NEVER = 'so this condition can never be met\\.';
const ALWAYS = 'so this condition is always met, and guards nothing\\.';

export const MISTAKEN_KEYS: readonly Mistake[] = [
  conditioned(
    'a condition on the e-mail',
    pins({ ':email': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    new RegExp(`:email: AWS has no key for the e-mail of a token, ${NEVER}`),
    'refused',
  ),
  conditioned(
    'a condition on azp',
    pins({ ':aud': undefined, ':azp': UNIQUE_ID }),
    new RegExp(`:azp: AWS has no key of this name, ${NEVER} Write accounts\\.google\\.com:aud,`),
    'refused',
  ),
  conditioned(
    'a key that there is not',
    pins({ ':iss': 'https://accounts.google.com' }),
    new RegExp(
      `:iss: AWS has no key of this name, ${NEVER} The keys are .*:aud .*, :oaud .*, :sub and :google/`,
    ),
    'refused',
  ),
  conditioned(
    'a key with a scheme',
    pins({ ':oaud': undefined, 'https://accounts.google.com:oaud': 'fedbridge' }),
    new RegExp(
      `https://accounts.google.com:oaud: .* without a scheme and a slash, ${NEVER} Write accounts.google.com:oaud.`,
    ),
    'refused',
  ),
  conditioned(
    "another provider's key",
    pins({ 'token.actions.githubusercontent.com:sub': 'repo:acme/lake' }),
    new RegExp(`: it is not of Google's tokens, ${NEVER}`),
    'refused',
  ),
  conditioned(
    'an external ID',
    pins({ 'sts:ExternalId': '7f3c' }),
    new RegExp(`sts:ExternalId: AssumeRoleWithWebIdentity takes no external ID, ${NEVER} .*further hops`),
    'refused',
  ),
  conditioned(
    'MFA',
    by('Bool', { 'aws:MultiFactorAuthPresent': 'true' }),
    new RegExp(`aws:MultiFactorAuthPresent: a web identity has no MFA, ${NEVER}`),
    'refused',
  ),
  conditioned(
    'the age of MFA',
    by('NumericLessThan', { 'aws:MultiFactorAuthAge': 3600 }),
    new RegExp(`aws:MultiFactorAuthAge: a web identity has no MFA, ${NEVER}`),
    'refused',
  ),
  conditioned(
    'MFA, if it exists',
    by('BoolIfExists', { 'aws:MultiFactorAuthPresent': 'true' }),
    new RegExp(ALWAYS),
    'works',
  ),
  conditioned(
    'the organisation of an AWS principal',
    pins({ 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' }),
    new RegExp(`aws:PrincipalOrgID: the request is not signed, and comes from no AWS principal, ${NEVER}`),
    'refused',
  ),
  conditioned(
    'the ARN of an AWS principal, by a pattern',
    by('ArnLike', { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/*' }),
    new RegExp(`aws:PrincipalArn: .*, ${NEVER}`),
    'refused',
  ),
  conditioned(
    'session tags',
    pins({ 'aws:RequestTag/team': 'data' }),
    new RegExp(`aws:RequestTag/team: Google's tokens carry no session tags .*, ${NEVER}`),
    'refused',
  ),
  conditioned(
    'a source identity',
    pins({ 'sts:SourceIdentity': 'reader' }),
    new RegExp(`sts:SourceIdentity: .* no source identity for AWS, ${NEVER}`),
    'refused',
  ),
];

export const MISTAKEN_OPERATORS: readonly Mistake[] = [
  conditioned(
    'ForAllValues on a key that there is not',
    by('ForAllValues:StringEquals', { ':email': 'nobody@example.com' }),
    new RegExp(`^statement 1, ForAllValues:StringEquals .*:email: .*${ALWAYS}`),
    'works',
  ),
  conditioned(
    'ForAllValues',
    by('ForAllValues:StringEquals', { ':oaud': 'fedbridge' }),
    /:oaud: "ForAllValues:" is met by a token without this claim, too\. Write StringEquals\./,
    'works',
  ),
  conditioned(
    'IfExists',
    by('StringEqualsIfExists', { ':oaud': 'fedbridge' }),
    /:oaud: "…IfExists" is met by a token without this claim, too\./,
    'works',
  ),
  conditioned(
    'Null, for a claim that tokens have',
    { ...pins({}), Null: { 'accounts.google.com:sub': 'true' } },
    /^statement 1, Null .*:sub: asks for a token without this claim/,
    'refused',
  ),
  conditioned(
    'Null, for a claim that there is no key for',
    { ...pins({}), Null: { 'accounts.google.com:email': true } },
    new RegExp(`^statement 1, Null .*:email: .*${ALWAYS}`),
    'works',
  ),
  conditioned(
    'IDs compared as numbers',
    by('NumericEquals', { ':aud': UNIQUE_ID, ':sub': UNIQUE_ID }),
    [/NumericEquals .*:aud: compares something else than texts/, /:sub: compares something else/],
    'opens to a neighbour',
  ),
  conditioned(
    'an operator that there is not',
    { StringEqual: GOOD.Condition['StringEquals'] },
    [/StringEqual .*:aud: is not an operator that IAM has/, /:oaud: is not/, /:sub: is not/, /pins neither/],
    'malformed',
  ),
];
