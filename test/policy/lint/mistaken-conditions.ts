// Mistakes in trust policy conditions: keys that Google's tokens lack, and unsuitable operators.
import { conditioned } from './mistake.ts';
import type { Mistake } from './mistake.ts';
import { by, GOOD, pins, UNIQUE_ID } from './policies.ts';

const NEVER = 'so this condition can never match\\.';
const ALWAYS = 'so this condition always matches and protects nothing\\.';

export const MISTAKEN_KEYS: readonly Mistake[] = [
  conditioned(
    'a condition on an invalid email',
    pins({ ':email': UNIQUE_ID }),
    /:email: is compared with the token's email, but "\d{21}" has a different format\. Use the service account's email/,
    'rejected',
  ),
  conditioned(
    'a placeholder in a pattern of emails',
    by('StringLike', { ':email': '<NAME>@acme-prod.iam.gserviceaccount.com' }),
    /:email: .*"<NAME>@.*" is a placeholder/,
    'rejected',
  ),
  conditioned(
    'an asterisk in an email',
    pins({ ':email': '*@acme-prod.iam.gserviceaccount.com' }),
    /:email: compares "\*@.*" literally, but no token contains an asterisk\./,
    'rejected',
  ),
  conditioned(
    'an email key with a scheme',
    pins({ 'https://accounts.google.com:email': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    new RegExp(`:email: .* without a scheme or slash, ${NEVER} Write accounts.google.com:email.`),
    'rejected',
  ),
  conditioned(
    'an organization that is not a number',
    by('NumericEquals', { ':google/organization_number': 'organizations/730195468210' }),
    /_number: is compared with the token's organization number, but ".*" has a different format\. Write the numeric ID/,
    'rejected',
  ),
  conditioned(
    'a condition on azp',
    pins({ ':aud': undefined, ':azp': UNIQUE_ID }),
    new RegExp(`:azp: AWS has no key with this name, ${NEVER} Write accounts\\.google\\.com:aud,`),
    'rejected',
  ),
  conditioned(
    'a key that does not exist',
    pins({ ':iss': 'https://accounts.google.com' }),
    new RegExp(
      `:iss: AWS has no key with this name, ${NEVER} The valid keys are .*:aud .*, :oaud .*, :sub, :email, :amr and :google/`,
    ),
    'rejected',
  ),
  conditioned(
    'a key with a scheme',
    pins({ ':oaud': undefined, 'https://accounts.google.com:oaud': 'fedbridge' }),
    new RegExp(
      `https://accounts.google.com:oaud: .* without a scheme or slash, ${NEVER} Write accounts.google.com:oaud.`,
    ),
    'rejected',
  ),
  conditioned(
    "another provider's key",
    pins({ 'token.actions.githubusercontent.com:sub': 'repo:acme/lake' }),
    new RegExp(`: AWS does not set this key for Google's tokens, ${NEVER}`),
    'rejected',
  ),
  conditioned(
    'an external ID',
    pins({ 'sts:ExternalId': '7f3c' }),
    new RegExp(
      `sts:ExternalId: AssumeRoleWithWebIdentity does not accept an external ID, ${NEVER} .*chained roles`,
    ),
    'rejected',
  ),
  conditioned(
    'MFA',
    by('Bool', { 'aws:MultiFactorAuthPresent': 'true' }),
    new RegExp(`aws:MultiFactorAuthPresent: MFA does not apply to web identities, ${NEVER}`),
    'rejected',
  ),
  conditioned(
    'the age of MFA',
    by('NumericLessThan', { 'aws:MultiFactorAuthAge': 3600 }),
    new RegExp(`aws:MultiFactorAuthAge: MFA does not apply to web identities, ${NEVER}`),
    'rejected',
  ),
  conditioned(
    'MFA, if it exists',
    by('BoolIfExists', { 'aws:MultiFactorAuthPresent': 'true' }),
    new RegExp(ALWAYS),
    'works',
  ),
  conditioned(
    'the organization of an AWS principal',
    pins({ 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' }),
    new RegExp(
      `aws:PrincipalOrgID: the request is not signed and does not come from an AWS principal, ${NEVER}`,
    ),
    'rejected',
  ),
  conditioned(
    'the ARN of an AWS principal, by a pattern',
    by('ArnLike', { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/*' }),
    new RegExp(`aws:PrincipalArn: .*, ${NEVER}`),
    'rejected',
  ),
  conditioned(
    'session tags',
    pins({ 'aws:RequestTag/team': 'data' }),
    new RegExp(`aws:RequestTag/team: Google's tokens carry no session tags .*, ${NEVER}`),
    'rejected',
  ),
  conditioned(
    'a source identity',
    pins({ 'sts:SourceIdentity': 'reader' }),
    new RegExp(`sts:SourceIdentity: .* no source identity for AWS, ${NEVER}`),
    'rejected',
  ),
];

export const MISTAKEN_OPERATORS: readonly Mistake[] = [
  conditioned(
    'ForAllValues on a key that does not exist',
    by('ForAllValues:StringEquals', { ':iss': 'https://accounts.google.com' }),
    new RegExp(`^statement 1, ForAllValues:StringEquals .*:iss: .*${ALWAYS}`),
    'works',
  ),
  conditioned(
    'ForAllValues',
    by('ForAllValues:StringEquals', { ':oaud': 'fedbridge' }),
    /:oaud: "ForAllValues:" also matches a token without this claim\. Use StringEquals\./,
    'works',
  ),
  conditioned(
    'IfExists',
    by('StringEqualsIfExists', { ':oaud': 'fedbridge' }),
    /:oaud: "…IfExists" also matches a token without this claim\./,
    'works',
  ),
  conditioned(
    'Null for a claim that tokens have',
    { ...pins({}), Null: { 'accounts.google.com:sub': 'true' } },
    /^statement 1, Null .*:sub: requires a token without this claim/,
    'rejected',
  ),
  conditioned(
    'Null for a claim without a key',
    { ...pins({}), Null: { 'accounts.google.com:iss': true } },
    new RegExp(`^statement 1, Null .*:iss: .*${ALWAYS}`),
    'works',
  ),
  conditioned(
    'IfExists on a claim that many tokens lack',
    by('StringEqualsIfExists', { ':email': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /:email: also matches tokens without this claim\. Use StringEquals\./,
    'works',
  ),
  conditioned(
    'every email except one',
    by('StringNotEquals', { ':email': 'stranger@acme-prod.iam.gserviceaccount.com' }),
    /:email: also matches tokens without this claim\. Use StringEquals\./,
    'works',
  ),
  conditioned(
    'an organization compared as a string',
    pins({ ':google/organization_number': '730195468210' }),
    /_number: must compare numbers, because this key is a number\. Use NumericEquals\./,
    'rejected',
  ),
  conditioned(
    'an email compared as an ARN',
    by('ArnEquals', { ':email': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /:email: must compare strings, because this key is a string\. Use StringEquals\./,
    'works',
  ),
  conditioned(
    'IDs compared as numbers',
    by('NumericEquals', { ':aud': UNIQUE_ID, ':sub': UNIQUE_ID }),
    [/NumericEquals .*:aud: must compare strings/, /:sub: must compare strings/],
    'opens to a neighbor',
  ),
  conditioned(
    'an operator that does not exist',
    { StringEqual: GOOD.Condition['StringEquals'] },
    [
      /StringEqual .*:aud: uses an operator that does not exist in IAM/,
      /:oaud: uses an operator/,
      /:sub: uses an operator/,
      /pins neither/,
    ],
    'malformed',
  ),
];
