// Mistakes in a statement's principals and actions, and statements that IAM rejects.
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
    /Principal: must be the provider that is built into AWS, accounts\.google\.com, but is ".*": .* delete-open-id-connect-provider/,
    'rejected',
  ),
  mistake(
    'the provider with a scheme',
    { Principal: { Federated: 'https://accounts.google.com' } },
    /Principal: must be exactly \{"Federated": "accounts\.google\.com"\}, but is "https:\/\/accounts\.google\.com" as "Federated"\./,
    'rejected',
  ),
  mistake(
    'Google as an AWS principal',
    { Principal: { AWS: 'accounts.google.com' } },
    /Principal: must be exactly .* as "AWS"\./,
    'rejected',
  ),
  mistake(
    'an account as principal',
    { Principal: { AWS: 'arn:aws:iam::123456789012:root' } },
    /Principal: must be accounts\.google\.com, because this statement is for Google's tokens\./,
    'rejected',
  ),
  mistake(
    'another provider',
    { Principal: { Federated: 'cognito-identity.amazonaws.com' } },
    /Principal: must be accounts\.google\.com,/,
    'rejected',
  ),
  mistake(
    'NotPrincipal',
    { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } },
    /^statement 1, NotPrincipal: trusts everyone except the listed principals\./,
    'malformed',
  ),
];

export const MISTAKEN_ACTIONS: readonly Mistake[] = [
  mistake(
    'sts:AssumeRole',
    { Action: 'sts:AssumeRole' },
    /^statement 1, Action: must be sts:AssumeRoleWithWebIdentity: "sts:AssumeRole" is for AWS principals/,
    'rejected',
  ),
  mistake('every action of STS', { Action: 'sts:*' }, /Action: .* "sts:\*" is a wildcard\./, 'works'),
  mistake(
    'every action of STS for everyone',
    { Principal: { Federated: '*' }, Action: 'sts:*', Condition: {} },
    [/Principal: .* "\*" is a wildcard\./, /Action: .* "sts:\*" is a wildcard\./, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'every action for everyone, with an unrelated condition',
    { Principal: '*', Action: '*', Condition: { StringLike: { 'sts:RoleSessionName': '*' } } },
    [/Principal: .* is a wildcard\./, /Action: .* "\*" is a wildcard\./, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'a pattern that matches the action, for everyone',
    { Principal: { AWS: '*' }, Action: 'sts:Assume*Identit?', Condition: {} },
    [/Principal: .* is a wildcard\./, /Action: .* is a wildcard\./, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'NotAction for everyone',
    { Principal: '*', Action: undefined, NotAction: 'sts:AssumeRole', Condition: {} },
    [/Principal: .* is a wildcard\./, /NotAction: allows every action except/, /pins neither/],
    'opens to a stranger',
  ),
  mistake(
    'sts:TagSession as a second action',
    { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] },
    /Action: "sts:TagSession" has no effect: .* Remove this action/,
    'works',
  ),
  mistake(
    'sts:TagSession as the only action',
    { Action: 'sts:TagSession' },
    [/"sts:TagSession" has no effect/, /Action: must be sts:AssumeRoleWithWebIdentity\./],
    'rejected',
  ),
  mistake(
    'another action',
    { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithSAML'] },
    /Action: .* contains "sts:AssumeRoleWithSAML"\./,
    'works',
  ),
  mistake(
    'NotAction',
    { Action: undefined, NotAction: 'iam:*' },
    /^statement 1, NotAction: allows every action except the listed actions\./,
    'works',
  ),
];

export const MALFORMED: readonly Mistake[] = [
  mistake(
    'an effect that does not exist',
    { Effect: 'allow' },
    /^statement 1, Effect: has a format that IAM does not accept\. Write "Allow" or "Deny"\.$/,
    'malformed',
  ),
  mistake('a list of principals', { Principal: [] }, /^statement 1, Principal: has a format/, 'malformed'),
  mistake('an action that is not a string', { Action: 5 }, /^statement 1, Action: has a format/, 'malformed'),
  mistake('a list of conditions', { Condition: [] }, /^statement 1, Condition: has a format/, 'malformed'),
  mistake(
    'a condition without a value',
    { Condition: { StringEquals: { 'accounts.google.com:aud': null } } },
    /^statement 1, Condition: has a format/,
    'malformed',
  ),
];
