// Conditions on keys that Google's tokens lack, and operators that do not tell one token from another.
import { conditioned } from './mistake.ts';
import type { Mistake } from './mistake.ts';
import { by, GOOD, pins, UNIQUE_ID } from './policies.ts';

const NEVER = 'so this condition can never be met\\.';
const ALWAYS = 'so this condition is always met, and guards nothing\\.';

export const MISTAKEN_KEYS: readonly Mistake[] = [
  conditioned(
    'a condition on an e-mail that is none',
    pins({ ':email': UNIQUE_ID }),
    /:email: is compared with the token's e-mail, and "\d{21}" is none\. Write the e-mail of the service account/,
    'refused',
  ),
  conditioned(
    'a placeholder in a pattern of e-mails',
    by('StringLike', { ':email': '<NAME>@acme-prod.iam.gserviceaccount.com' }),
    /:email: .*"<NAME>@.*" is a placeholder/,
    'refused',
  ),
  conditioned(
    'an asterisk in an e-mail',
    pins({ ':email': '*@acme-prod.iam.gserviceaccount.com' }),
    /:email: takes "\*@.*" letter by letter, and no token has an asterisk\./,
    'refused',
  ),
  conditioned(
    'an e-mail key with a scheme',
    pins({ 'https://accounts.google.com:email': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    new RegExp(`:email: .* without a scheme and a slash, ${NEVER} Write accounts.google.com:email.`),
    'refused',
  ),
  conditioned(
    'an organization that is no number',
    by('NumericEquals', { ':google/organization_number': 'organizations/730195468210' }),
    /_number: is compared with the token's organization number, and ".*" is none\. Write the digits/,
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
      `:iss: AWS has no key of this name, ${NEVER} The keys are .*:aud .*, :oaud .*, :sub, :email, :amr and :google/`,
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
    by('ForAllValues:StringEquals', { ':iss': 'https://accounts.google.com' }),
    new RegExp(`^statement 1, ForAllValues:StringEquals .*:iss: .*${ALWAYS}`),
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
    { ...pins({}), Null: { 'accounts.google.com:iss': true } },
    new RegExp(`^statement 1, Null .*:iss: .*${ALWAYS}`),
    'works',
  ),
  conditioned(
    'IfExists on a claim that many tokens lack',
    by('StringEqualsIfExists', { ':email': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /:email: is also met by tokens without this claim\. Write StringEquals\./,
    'works',
  ),
  conditioned(
    'every e-mail but one',
    by('StringNotEquals', { ':email': 'stranger@acme-prod.iam.gserviceaccount.com' }),
    /:email: is also met by tokens without this claim\. Write StringEquals\./,
    'works',
  ),
  conditioned(
    'an organization compared as a string',
    pins({ ':google/organization_number': '730195468210' }),
    /_number: compares something other than numbers, and this key is a number\. Write NumericEquals\./,
    'refused',
  ),
  conditioned(
    'an e-mail compared as an ARN',
    by('ArnEquals', { ':email': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /:email: compares something other than strings, and this key is a string\. Write StringEquals\./,
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
