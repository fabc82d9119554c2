// The AWS roles that exist: whom each trusts, and what each may do.
import { createHash } from 'node:crypto';
import { ACCOUNTS } from '../google/accounts.ts';
import { readPolicy, type Policy } from './policy.ts';

export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly accountId: string;
  /** `AROA…`, stable for an ARN. */
  readonly id: string;
  readonly maxSessionSeconds: number;
  readonly trust: Policy;
  readonly permissions: Policy;
}

/** A role as its owner writes it: documents as JSON values. */
export interface RoleDefinition {
  readonly arn: string;
  readonly trust: unknown;
  readonly permissions: unknown;
  readonly maxSessionSeconds?: number | undefined;
}

export interface Roles {
  find(arn: string): Role | undefined;
  /** Creates or replaces one; what sessions of it may do changes at once. Throws MalformedPolicy. */
  put(definition: RoleDefinition): void;
}

/** The account that owns the buckets. */
export const ACCOUNT_ID = '123456789012';
const PARTNER_ACCOUNT_ID = '210987654321';
/** The audience of the token that the bridge presents. */
export const AWS_AUDIENCE = 'fedbridge';
export const LAKE_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/gcp-lake-read`;

const ROLE_ARN = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;
const LONGEST_SESSION_SECONDS = 43_200;
const DEFAULT_SESSION_SECONDS = 3600;

const READS = ['s3:GetObject*', 's3:ListBucket*', 's3:GetBucketLocation', 's3:GetBucketVersioning'];

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

const SAMPLE: readonly RoleDefinition[] = [
  {
    arn: LAKE_ROLE,
    trust: googleTrust(ACCOUNTS.bridge.uniqueId),
    permissions: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: READS, Resource: 'arn:aws:s3:::*' },
        // Whatever a grant says, the role itself reaches nothing here.
        {
          Effect: 'Deny',
          Action: 's3:*',
          Resource: ['arn:aws:s3:::acme-sealed*', 'arn:aws:s3:::acme-sealed*/*'],
        },
        {
          Effect: 'Allow',
          Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
          Resource: `arn:aws:iam::${PARTNER_ACCOUNT_ID}:role/*`,
        },
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
];

export function createRoles(): Roles {
  const roles = new Map<string, Role>();
  const put = ({ arn, trust, permissions, maxSessionSeconds = DEFAULT_SESSION_SECONDS }: RoleDefinition) => {
    const [, accountId, name] = ROLE_ARN.exec(arn) ?? [];
    if (accountId === undefined || name === undefined) {
      throw new Error('"arn" must be a role\'s ARN, such as arn:aws:iam::123456789012:role/reader');
    }
    const id = `AROA${createHash('sha256').update(arn).digest('hex').toUpperCase().slice(0, 17)}`;
    roles.set(arn, {
      arn,
      name,
      accountId,
      id,
      maxSessionSeconds,
      trust: readPolicy(JSON.stringify(trust), 'trust'),
      permissions: readPolicy(JSON.stringify(permissions), 'identity'),
    });
  };
  SAMPLE.forEach(put);
  return { find: (arn) => roles.get(arn), put };
}
