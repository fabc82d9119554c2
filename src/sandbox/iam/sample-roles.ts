// The roles that a sandbox has at first: the bridge's, a partner's, and those of a developer off Google Cloud.
import { ACCOUNTS } from '../google/accounts.ts';
import {
  ACCOUNT_ID,
  AWS_AUDIENCE,
  DEVELOPER_ROLE,
  LAKE_ROLE,
  PARTNER_ACCOUNT_ID,
  type RoleDefinition,
} from './roles.ts';

const LONGEST_SESSION_SECONDS = 43_200;

const READS = ['s3:GetObject*', 's3:ListBucket*', 's3:GetBucketLocation', 's3:GetBucketVersioning'];
const READS_BUCKETS = [
  { Effect: 'Allow', Action: READS, Resource: 'arn:aws:s3:::*' },
  {
    Effect: 'Allow',
    Action: 'kms:Decrypt',
    Resource: `arn:aws:kms:*:${ACCOUNT_ID}:key/*`,
    Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
  },
  // Whatever a grant says, the role itself reaches nothing here.
  {
    Effect: 'Deny',
    Action: 's3:*',
    Resource: ['arn:aws:s3:::acme-sealed*', 'arn:aws:s3:::acme-sealed*/*'],
  },
];
/** What a hop of a chain may need: of the role that assumes and of the one that is assumed. */
const CHAIN = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
const LAPTOP_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/lake-from-laptop`;
const MFA_GOOD_FOR_SECONDS = 3600;

/** Trusts one Google account, by all three keys that AWS has for Google's tokens. */
function googleTrust(uniqueId: string): unknown {
  const condition = {
    'accounts.google.com:aud': uniqueId,
    'accounts.google.com:oaud': AWS_AUDIENCE,
    'accounts.google.com:sub': uniqueId,
  };
  return {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: 'accounts.google.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: condition },
    },
  };
}

export const SAMPLE_ROLES: readonly RoleDefinition[] = [
  {
    arn: LAKE_ROLE,
    trust: googleTrust(ACCOUNTS.bridge.uniqueId),
    permissions: {
      Version: '2012-10-17',
      Statement: [
        ...READS_BUCKETS,
        { Effect: 'Allow', Action: CHAIN, Resource: `arn:aws:iam::${PARTNER_ACCOUNT_ID}:role/*` },
      ],
    },
    maxSessionSeconds: LONGEST_SESSION_SECONDS,
  },
  {
    // The second hop of a chain: wants the external ID.
    arn: `arn:aws:iam::${PARTNER_ACCOUNT_ID}:role/lake-data`,
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: LAKE_ROLE },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': '7f3c' } },
        },
        {
          Effect: 'Allow',
          Principal: { AWS: LAKE_ROLE },
          Action: ['sts:TagSession', 'sts:SetSourceIdentity'],
        },
      ],
    },
    permissions: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: READS, Resource: 'arn:aws:s3:::*' },
    },
  },
  {
    // A partner who trusts an account that is not ours.
    arn: `arn:aws:iam::${PARTNER_ACCOUNT_ID}:role/trusts-another`,
    trust: googleTrust('199999999999999999999'),
    permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: READS, Resource: '*' } },
  },
  {
    // For people: no session without an MFA code.
    arn: DEVELOPER_ROLE,
    trust: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: {
          AWS: [`arn:aws:iam::${ACCOUNT_ID}:user/developer`, `arn:aws:iam::${ACCOUNT_ID}:root`],
        },
        Action: 'sts:AssumeRole',
        Condition: {
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          NumericLessThan: { 'aws:MultiFactorAuthAge': MFA_GOOD_FOR_SECONDS },
        },
      },
    },
    permissions: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: CHAIN, Resource: LAPTOP_ROLE },
    },
  },
  {
    // The same buckets for a bridge on a laptop, which has an AWS profile in the place of a Google identity.
    arn: LAPTOP_ROLE,
    trust: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: DEVELOPER_ROLE }, Action: CHAIN },
    },
    permissions: { Version: '2012-10-17', Statement: READS_BUCKETS },
  },
];
