// Mistakes in the values of :aud, :oaud and :sub, and missing pins.
import { conditioned, mistake } from './mistake.ts';
import type { Mistake } from './mistake.ts';
import { by, pins, UNIQUE_ID } from './policies.ts';

export const MISTAKEN_VALUES: readonly Mistake[] = [
  conditioned(
    'the audience in :aud',
    pins({ ':aud': 'fedbridge' }),
    /^statement 1, StringEquals accounts\.google\.com:aud: is compared with the token's azp, which is the service account's unique ID, but "fedbridge" is not a unique ID\. .* and the audience in accounts\.google\.com:oaud\.$/,
    'rejected',
  ),
  conditioned(
    'an email in :aud',
    pins({ ':aud': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /google\.com:aud: .*azp.* is an email\. Write the unique ID: gcloud iam service-accounts describe/,
    'rejected',
  ),
  conditioned(
    'an email in :sub',
    pins({ ':sub': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /google\.com:sub: is compared with the token's sub, but ".*" is an email\./,
    'rejected',
  ),
  conditioned(
    'a value in :sub that is not an ID',
    pins({ ':sub': 'fedbridge' }),
    /:sub: .* "fedbridge" is not a unique ID\./,
    'rejected',
  ),
  conditioned(
    'the unique ID in :oaud',
    pins({ ':oaud': UNIQUE_ID }),
    /:oaud: must be the token's audience, but "\d{21}" is a unique ID\./,
    'rejected',
  ),
  conditioned(
    'different IDs in :aud and :sub',
    pins({ ':sub': '112010400000000710080' }),
    /^statement 1: pins accounts\.google\.com:aud and :sub to different unique IDs/,
    'rejected',
  ),
  conditioned(
    'a placeholder in :aud and :sub',
    pins({ ':aud': '<UNIQUE_ID>', ':sub': '000000000000000000000' }),
    [/:aud: .*"<UNIQUE_ID>" is a placeholder/, /:sub: .*"0{21}" is a placeholder/],
    'rejected',
  ),
  conditioned(
    "another tool's variable in :oaud",
    pins({ ':oaud': '${var.audience}' }),
    /:oaud: .* is a placeholder or a variable\./,
    'rejected',
  ),
  conditioned(
    'a pattern with StringLike',
    by('StringLike', { ':aud': '1*', ':sub': '1????????????????????' }),
    [/^statement 1, StringLike .*:aud: must be one value, but "1\*" matches many/, /:sub: must be one value/],
    'opens to a stranger',
  ),
  conditioned(
    'a pattern with StringEquals',
    pins({ ':oaud': 'fed*' }),
    /:oaud: compares "fed\*" literally, but no token contains an asterisk\./,
    'rejected',
  ),
];

export const MISSING_PINS: readonly Mistake[] = [
  conditioned(
    'no :oaud',
    pins({ ':oaud': undefined }),
    /^statement 1: does not pin accounts\.google\.com:oaud: the role could also be assumed with a token that this service account obtained for a different service\./,
    'opens to another service',
  ),
  conditioned(
    'no :sub',
    pins({ ':sub': undefined }),
    /^statement 1: does not pin accounts\.google\.com:sub: the role could also be assumed with a token that this service account obtained for a different account\. .*unique ID/,
    'opens to another subject',
  ),
  conditioned(
    'no :aud',
    pins({ ':aud': undefined }),
    /^statement 1: does not pin accounts\.google\.com:aud: another party that obtained a token for this service account could also assume the role\. .*unique ID/,
    'opens to another party',
  ),
  conditioned(
    'only :aud',
    { StringEquals: { 'accounts.google.com:aud': UNIQUE_ID } },
    [/^statement 1: does not pin accounts\.google\.com:sub: /, /^statement 1: does not pin .*:oaud: /],
    'opens to another service',
  ),
  conditioned(
    'only :sub',
    { StringEquals: { 'accounts.google.com:sub': UNIQUE_ID } },
    [/^statement 1: does not pin accounts\.google\.com:aud: /, /does not pin .*:oaud: .* --for bigquery/],
    'opens to another service',
  ),
  conditioned(
    'neither :aud nor :sub',
    pins({ ':aud': undefined, ':sub': undefined }),
    /^statement 1: pins neither accounts\.google\.com:aud nor :sub: anyone with a Google account/,
    'opens to a stranger',
  ),
  mistake('no condition', { Condition: {} }, /^statement 1: pins neither/, 'opens to a stranger'),
  conditioned(
    'everyone except one',
    by('StringNotEquals', { ':aud': UNIQUE_ID, ':sub': UNIQUE_ID }),
    [
      /StringNotEquals .*:aud: trusts every Google account except the named one\./,
      /:sub: trusts every/,
      /pins neither/,
    ],
    'opens to a stranger',
  ),
];
