// A sandbox's initial roles: those of the bridge, of a partner, and of a developer outside Google Cloud.
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
  // Denies access to the buckets `acme-sealed*`, even if a grant in the bridge's configuration allows the access.
  {
    Effect: 'Deny',
    Action: 's3:*',
    Resource: ['arn:aws:s3:::acme-sealed*', 'arn:aws:s3:::acme-sealed*/*'],
  },
];
/**
 * The actions that one hop in a role chain may need. The first role's permissions and the second role's trust policy must both
 * allow these actions.
 */
const CHAIN = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
const LAPTOP_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/lake-from-laptop`;
const MFA_GOOD_FOR_SECONDS = 3600;

/** Trusts one Google service account, with conditions on all three keys that identify a Google token. */
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
    // A partner's role for the second hop of a chain. The role requires an external ID.
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
    // A partner's role that trusts a Google service account other than the bridge's.
    arn: `arn:aws:iam::${PARTNER_ACCOUNT_ID}:role/trusts-another`,
    trust: googleTrust('199999999999999999999'),
    permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: READS, Resource: '*' } },
  },
  {
    // The developer assumes this role with an MFA code.
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
    // The laptop role: for a bridge that uses a developer's AWS profile instead of a Google identity.
    arn: LAPTOP_ROLE,
    trust: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: DEVELOPER_ROLE }, Action: CHAIN },
    },
    permissions: { Version: '2012-10-17', Statement: READS_BUCKETS },
  },
];
