// Mistakes in what :aud, :oaud and :sub are pinned to, and in leaving them out.
import { conditioned, mistake } from './mistake.ts';
import type { Mistake } from './mistake.ts';
import { by, pins, UNIQUE_ID } from './policies.ts';

export const MISTAKEN_VALUES: readonly Mistake[] = [
  conditioned(
    'the audience in :aud',
    pins({ ':aud': 'fedbridge' }),
    /^statement 1, StringEquals accounts\.google\.com:aud: is compared with the token's azp, which is the unique ID of the service account, and "fedbridge" is no unique ID\. .* and an audience as accounts\.google\.com:oaud\.$/,
    'refused',
  ),
  conditioned(
    'an e-mail in :aud',
    pins({ ':aud': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /google\.com:aud: .*azp.* is an e-mail\. Write the unique ID: gcloud iam service-accounts describe/,
    'refused',
  ),
  conditioned(
    'an e-mail in :sub',
    pins({ ':sub': 'fedbridge@acme-prod.iam.gserviceaccount.com' }),
    /google\.com:sub: is compared with the token's sub, and ".*" is an e-mail\./,
    'refused',
  ),
  conditioned(
    'no ID in :sub',
    pins({ ':sub': 'fedbridge' }),
    /:sub: .* "fedbridge" is no unique ID\./,
    'refused',
  ),
  conditioned(
    'the unique ID in :oaud',
    pins({ ':oaud': UNIQUE_ID }),
    /:oaud: must be the audience that the token is asked for, and "\d{21}" is a unique ID\./,
    'refused',
  ),
  conditioned(
    'different IDs in :aud and :sub',
    pins({ ':sub': '112010400000000710080' }),
    /^statement 1: pins accounts\.google\.com:aud and :sub to different unique IDs/,
    'refused',
  ),
  conditioned(
    'a placeholder in :aud and :sub',
    pins({ ':aud': '<UNIQUE_ID>', ':sub': '000000000000000000000' }),
    [/:aud: .*"<UNIQUE_ID>" is a placeholder/, /:sub: .*"0{21}" is a placeholder/],
    'refused',
  ),
  conditioned(
    'a variable of another tool in :oaud',
    pins({ ':oaud': '${var.audience}' }),
    /:oaud: .* is a placeholder or a variable\./,
    'refused',
  ),
  conditioned(
    'a pattern for StringLike',
    by('StringLike', { ':aud': '1*', ':sub': '1????????????????????' }),
    [/^statement 1, StringLike .*:aud: must be one value, and many fit "1\*"/, /:sub: must be one value/],
    'opens to a stranger',
  ),
  conditioned(
    'a pattern for StringEquals',
    pins({ ':oaud': 'fed*' }),
    /:oaud: takes "fed\*" letter by letter, and no token has an asterisk\./,
    'refused',
  ),
];

export const MISSING_PINS: readonly Mistake[] = [
  conditioned(
    'no :oaud',
    pins({ ':oaud': undefined }),
    /^statement 1: does not pin accounts\.google\.com:oaud: a token of this service account for another service opens the role, too\./,
    'opens to another service',
  ),
  conditioned(
    'no :sub',
    pins({ ':sub': undefined }),
    /^statement 1: does not pin accounts\.google\.com:sub: a token that this service account got for another opens the role, too\. .*unique ID/,
    'opens to another subject',
  ),
  conditioned(
    'no :aud',
    pins({ ':aud': undefined }),
    /^statement 1: does not pin accounts\.google\.com:aud: a token of this service account that another got opens the role, too\. .*unique ID/,
    'opens to another party',
  ),
  conditioned(
    ':aud alone',
    { StringEquals: { 'accounts.google.com:aud': UNIQUE_ID } },
    [/^statement 1: does not pin accounts\.google\.com:sub: /, /^statement 1: does not pin .*:oaud: /],
    'opens to another service',
  ),
  conditioned(
    'neither :aud nor :sub',
    pins({ ':aud': undefined, ':sub': undefined }),
    /^statement 1: pins neither accounts\.google\.com:aud nor :sub: everybody with a Google account/,
    'opens to a stranger',
  ),
  mistake('no condition', { Condition: {} }, /^statement 1: pins neither/, 'opens to a stranger'),
  conditioned(
    'everybody but one',
    by('StringNotEquals', { ':aud': UNIQUE_ID, ':sub': UNIQUE_ID }),
    [
      /StringNotEquals .*:aud: trusts every Google account but the one named\./,
      /:sub: trusts every/,
      /pins neither/,
    ],
    'opens to a stranger',
  ),
];
