// The owner of the lake on Ceph: a tenant whose name is an account number, so that its role has the same ARN as on AWS.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { KeyPair } from '../../src/sandbox/iam/credentials.ts';
import { Sha256 } from '../../src/sandbox/sha256.ts';
import { request } from '../support/http-request.ts';
import type { CephProcess } from './ceph-process.ts';

export interface LakeOwner extends KeyPair {
  /** Sends one request to Ceph's IAM. */
  iam(action: string, parameters: Readonly<Record<string, string>>): Promise<void>;
}

/** A role's ARN, the subject and audience that it trusts, and its permissions. */
export interface CephRole {
  readonly arn: string;
  readonly subject: string;
  readonly audience: string;
  readonly permissions: unknown;
}

/** Ceph uses the tenant's name as the account in an ARN (`rgw_arn.cc`). */
const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

const providerArn = (roleArn: string): string =>
  `arn:aws:iam::${accountOf(roleArn)}:oidc-provider/accounts.google.com`;

export async function createOwner(ceph: CephProcess, account: string): Promise<LakeOwner> {
  const credentials = {
    accessKeyId: `LAKE${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  await ceph.admin(
    'user',
    'create',
    '--tenant',
    account,
    '--uid',
    'lake-owner',
    '--display-name',
    'lake-owner',
    '--access-key',
    credentials.accessKeyId,
    '--secret',
    credentials.secretAccessKey,
    '--caps',
    'roles=*;oidc-provider=*',
  );
  const { host, hostname, port } = new URL(ceph.endpoint);
  const signer = new SignatureV4({ service: 'iam', region: 'us-east-1', credentials, sha256: Sha256 });
  return {
    ...credentials,
    iam: async (action, parameters) => {
      const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString();
      const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
      const unsigned = {
        method: 'POST',
        protocol: 'http:',
        hostname,
        port: Number(port),
        path: '/',
        headers,
      };
      const signed = await signer.sign({ ...unsigned, query: {}, body });
      const reply = await request(ceph.endpoint, '/', { method: 'POST', headers: signed.headers, body });
      assert.equal(reply.status, 200, `${action}: ${reply.text}`);
    },
  };
}

/** Registers Google as the tenant's identity provider, with the audience of the bridge's own token. */
export async function trustGoogle(owner: LakeOwner, audience: string): Promise<void> {
  await owner.iam('CreateOpenIDConnectProvider', {
    Url: 'https://accounts.google.com',
    'ClientIDList.member.1': audience,
    // Ceph 16 requires a thumbprint but never checks it.
    'ThumbprintList.member.1': '0'.repeat(40),
  });
}

/**
 * The trust policy of docs/how-to/aws-role.md, in Ceph's form: the principal is the provider's ARN, and `accounts.google.com:aud` is the
 * token's `aud`. On AWS, `:aud` is the token's `azp` and `:oaud` its `aud`; Ceph does not support `:oaud`.
 */
export async function createRole(owner: LakeOwner, role: CephRole): Promise<void> {
  const { arn, subject, audience, permissions } = role;
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: [providerArn(arn)] },
    Action: ['sts:AssumeRoleWithWebIdentity'],
    Condition: {
      StringEquals: { 'accounts.google.com:aud': audience, 'accounts.google.com:sub': subject },
    },
  };
  await putRole(owner, arn, trust, permissions);
}

/**
 * Creates a role with a trust policy that `fedbridge trust-policy` printed. Only the principal is changed to Ceph's form, the
 * provider's ARN.
 */
export async function createRoleWithPolicy(
  owner: LakeOwner,
  { arn, printed, permissions }: { readonly printed: string } & Pick<CephRole, 'arn' | 'permissions'>,
): Promise<void> {
  const { Statement } = JSON.parse(printed) as { readonly Statement: readonly [object] };
  const trust = { ...Statement[0], Principal: { Federated: [providerArn(arn)] } };
  await putRole(owner, arn, trust, permissions);
}

/**
 * Creates a role that other roles can assume. `trusts` contains the ARNs of those roles or of their sessions. Ceph 16 supports
 * no condition on an external ID.
 */
export async function createHopRole(
  owner: LakeOwner,
  {
    arn,
    trusts,
    permissions,
  }: { readonly trusts: readonly string[] } & Pick<CephRole, 'arn' | 'permissions'>,
): Promise<void> {
  const trust = { Effect: 'Allow', Principal: { AWS: trusts }, Action: ['sts:AssumeRole'] };
  await putRole(owner, arn, trust, permissions);
}

async function putRole(owner: LakeOwner, arn: string, trust: unknown, permissions: unknown): Promise<void> {
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  await owner.iam('CreateRole', {
    RoleName: name,
    Path: '/',
    MaxSessionDuration: '43200',
    AssumeRolePolicyDocument: policy(trust),
  });
  await owner.iam('PutRolePolicy', {
    RoleName: name,
    PolicyName: 'read',
    PolicyDocument: policy(permissions),
  });
}

const policy = (statement: unknown): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
