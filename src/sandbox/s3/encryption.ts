// Emulates SSE-KMS: chooses the KMS key for a new object, and checks whether the caller may use the key, as S3 does.
import { refusalOf } from '../iam/authorize.ts';
import type { Principal } from '../iam/credentials.ts';
import { ACCOUNT_ID, type Roles } from '../iam/roles.ts';
import type { KmsKey, KmsKeys } from '../kms/kms-keys.ts';
import type { Bucket } from './objects.ts';
import type { S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';

/** Describes how a caller uses a KMS key for one object. */
export interface KeyUse {
  readonly principal: Principal;
  readonly action: 'kms:Decrypt' | 'kms:GenerateDataKey';
  readonly request: S3Request;
  readonly bucket: Bucket;
}

export interface Encryption {
  /** Returns the SSE-KMS headers to store with a new object; empty for SSE-S3. Throws S3's error for an invalid KMS key. */
  headersOf(request: S3Request, bucket: Bucket): Readonly<Record<string, string>>;
  /** Throws S3's error if the object is encrypted with a KMS key that the caller is not allowed to use. */
  require(headers: Readonly<Record<string, string>>, use: KeyUse): void;
}

const ALGORITHM = 'x-amz-server-side-encryption';
const KEY_ID = 'x-amz-server-side-encryption-aws-kms-key-id';
const BUCKET_KEY = 'x-amz-server-side-encryption-bucket-key-enabled';

/** KMS's message if a key does not exist, or if a caller from a different account is not allowed to use the key. */
const UNKNOWN_KEY =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.';

export function createEncryption({ roles, kmsKeys }: { roles: Roles; kmsKeys: KmsKeys }): Encryption {
  function requestedKey(id: string | undefined, { region }: Bucket): KmsKey {
    if (id === undefined) return kmsKeys.managed(region);
    const arn = id.startsWith('arn:') ? id : `arn:aws:kms:${region}:${ACCOUNT_ID}:key/${id}`;
    const key = kmsKeys.find(arn);
    if (key?.region === region) return key;
    throw new S3Error('KMS.NotFoundException', { message: `Key '${arn}' does not exist` });
  }

  return {
    headersOf({ headers }, bucket) {
      const algorithm = headers[ALGORITHM]?.toString() ?? 'AES256';
      if (algorithm === 'AES256') return {};
      if (algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
        throw new S3Error('InvalidArgument', {
          message: 'The encryption method specified is not supported',
          elements: { ArgumentName: ALGORITHM, ArgumentValue: algorithm },
        });
      }
      const { arn } = requestedKey(headers[KEY_ID]?.toString(), bucket);
      const bucketKey = headers[BUCKET_KEY]?.toString() === 'true';
      return { [ALGORITHM]: algorithm, [KEY_ID]: arn, ...(bucketKey ? { [BUCKET_KEY]: 'true' } : {}) };
    },
    require(headers, { principal, action, request, bucket }) {
      const arn = headers[KEY_ID];
      if (arn === undefined) return;
      const key = kmsKeys.find(arn);
      if (!key) throw new S3Error('AccessDenied', { message: UNKNOWN_KEY });
      const object = `arn:aws:s3:::${request.bucket}${headers[BUCKET_KEY] === 'true' ? '' : `/${request.key}`}`;
      const message = refusalOf(roles, principal, {
        action,
        resource: arn,
        context: new Map([
          ['kms:viaservice', [`s3.${bucket.region}.amazonaws.com`]],
          ['kms:calleraccount', [callerAccount(roles, principal)]],
          ['kms:encryptioncontext:aws:s3:arn', [object]],
          ['kms:encryptioncontextkeys', ['aws:s3:arn']],
        ]),
        owner: key.accountId,
        resourcePolicy: key.policy,
        resourceMustAllow: true,
      });
      if (message !== undefined) {
        const foreign = callerAccount(roles, principal) !== key.accountId;
        throw new S3Error('AccessDenied', { message: foreign ? UNKNOWN_KEY : message });
      }
      if (key.state === 'Disabled') {
        throw new S3Error('KMS.DisabledException', { message: `${arn} is disabled.` });
      }
      if (key.state === 'PendingDeletion') {
        throw new S3Error('KMS.KMSInvalidStateException', { message: `${arn} is pending deletion.` });
      }
    },
  };
}

function callerAccount(roles: Roles, principal: Principal): string {
  if (principal.kind === 'user') return principal.user.accountId;
  return roles.find(principal.session.roleArn)?.accountId ?? '';
}
