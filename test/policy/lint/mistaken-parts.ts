// Mistakes in whom a statement trusts and what it allows, and statements that IAM would not take.
import { mistake } from './mistake.ts';
import type { Mistake } from './mistake.ts';

export const MISTAKEN_PRINCIPALS: readonly Mistake[] = [
  mistake(
    '"*" as principal',
    { Principal: '*' },
    /^statement 1, Principal: .* "\*" is a wildcard\./,
    'works',
  ),
  mistake('"*" as provider', { Principal: { Federated: '*' } }, /Principal: .* is a wildcard\./, 'works'),
  mistake(
    'a registered Google provider',
    { Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/accounts.google.com' } },
    /Principal: is an IAM identity provider registered for Google, ".*": .* delete-open-id-connect-provider/,
    'refused',
  ),
  mistake(
    'the provider with a scheme',
    { Principal: { Federated: 'https://accounts.google.com' } },
    /Principal: must be exactly \{"Federated": "accounts\.google\.com"\}, and is "https:\/\/accounts\.google\.com" as "Federated"\./,
    'refused',
  ),
  mistake(
    'Google as an AWS principal',
    { Principal: { AWS: 'accounts.google.com' } },
    /Principal: must be exactly .* as "AWS"\./,
    'refused',
  ),
  mistake(
    'an account as principal',
    { Principal: { AWS: 'arn:aws:iam::123456789012:root' } },
    /Principal: must be accounts\.google\.com, whose tokens this statement is for\./,
    'refused',
  ),
  mistake(
    'another provider',
    { Principal: { Federated: 'cognito-identity.amazonaws.com' } },
    /Principal: must be accounts\.google\.com,/,
    'refused',
  ),
  mistake(
    'NotPrincipal',
    { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } },
    /^statement 1, NotPrincipal: trusts everybody but those that it names\./,
    'malformed',
  ),
];

export const MISTAKEN_ACTIONS: readonly Mistake[] = [
  mistake(
    'sts:AssumeRole',
    { Action: 'sts:AssumeRole' },
    /^statement 1, Action: must be sts:AssumeRoleWithWebIdentity: "sts:AssumeRole" is for AWS principals/,
    'refused',
  ),
  mistake('every action of STS', { Action: 'sts:*' }, /Action: .* "sts:\*" is a wildcard\./, 'works'),
  mistake(
    'every action of STS for everybody',
    { Principal: { Federated: '*' }, Action: 'sts:*', Condition: {} },
    [/Principal: .* "\*" is a wildcard\./, /Action: .* "sts:\*" is a wildcard\./, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'every action for everybody, on a condition of something else',
    { Principal: '*', Action: '*', Condition: { StringLike: { 'sts:RoleSessionName': '*' } } },
    [/Principal: .* is a wildcard\./, /Action: .* "\*" is a wildcard\./, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'a pattern that the action fits, for everybody',
    { Principal: { AWS: '*' }, Action: 'sts:Assume*Identit?', Condition: {} },
    [/Principal: .* is a wildcard\./, /Action: .* is a wildcard\./, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'NotAction for everybody',
    { Principal: '*', Action: undefined, NotAction: 'sts:AssumeRole', Condition: {} },
    [/Principal: .* is a wildcard\./, /NotAction: allows everything but/, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'sts:TagSession, too',
    { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] },
    /Action: "sts:TagSession" is of no use: .* Remove it here/,
    'works',
  ),
  mistake(
    'sts:TagSession alone',
    { Action: 'sts:TagSession' },
    [/"sts:TagSession" is of no use/, /Action: must be sts:AssumeRoleWithWebIdentity\./],
    'refused',
  ),
  mistake(
    'another action',
    { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithSAML'] },
    /Action: .* is "sts:AssumeRoleWithSAML" too\./,
    'works',
  ),
  mistake(
    'NotAction',
    { Action: undefined, NotAction: 'iam:*' },
    /^statement 1, NotAction: allows everything but what it names\./,
    'works',
  ),
];

export const MALFORMED: readonly Mistake[] = [
  mistake(
    'an effect that there is not',
    { Effect: 'allow' },
    /^statement 1, Effect: is not in a form that IAM takes\. Write "Allow" or "Deny"\.$/,
    'malformed',
  ),
  mistake(
    'a list of principals',
    { Principal: [] },
    /^statement 1, Principal: is not in a form/,
    'malformed',
  ),
  mistake('an action that is no text', { Action: 5 }, /^statement 1, Action: is not in a form/, 'malformed'),
  mistake(
    'a list of conditions',
    { Condition: [] },
    /^statement 1, Condition: is not in a form/,
    'malformed',
  ),
  mistake(
    'a condition on nothing',
    { Condition: { StringEquals: { 'accounts.google.com:aud': null } } },
    /^statement 1, Condition: is not in a form/,
    'malformed',
  ),
];
