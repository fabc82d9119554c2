// Stores the sandbox's AWS roles by ARN.
import { createHash } from 'node:crypto';
import { readPolicy, type Policy } from './policy.ts';

export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly accountId: string;
  /** The unique ID (`AROA…`), which is derived from the ARN. */
  readonly id: string;
  readonly maxSessionSeconds: number;
  readonly trust: Policy;
  readonly permissions: Policy;
}

/** A role's definition, with its policies as JSON values. */
export interface RoleDefinition {
  readonly arn: string;
  readonly trust: unknown;
  readonly permissions: unknown;
  readonly maxSessionSeconds?: number | undefined;
}

export interface Roles {
  find(arn: string): Role | undefined;
  /**
   * Creates or replaces a role. Existing sessions use the new policies immediately. Throws MalformedPolicy for an invalid
   * policy.
   */
  put(definition: RoleDefinition): void;
}

/** The account that owns the buckets. */
export const ACCOUNT_ID = '123456789012';
export const PARTNER_ACCOUNT_ID = '210987654321';
/** The audience of the Google ID token that the bridge sends to STS. */
export const AWS_AUDIENCE = 'fedbridge';
export const LAKE_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/gcp-lake-read`;
/** The role that the developer assumes with an MFA code, and that may assume the laptop role. */
export const DEVELOPER_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/developer`;

const ROLE_ARN = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;
const DEFAULT_SESSION_SECONDS = 3600;

/** @param definitions the initial roles */
export function createRoles(definitions: readonly RoleDefinition[]): Roles {
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
  definitions.forEach(put);
  return { find: (arn) => roles.get(arn), put };
}
