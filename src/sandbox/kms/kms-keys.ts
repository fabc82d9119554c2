// The sandbox's KMS keys, with their policies and states.
import { readPolicy, type Policy } from '../iam/policy.ts';
import { ACCOUNT_ID } from '../iam/roles.ts';

export const KEY_STATES = ['Enabled', 'Disabled', 'PendingDeletion', 'Deleted'] as const;
export type KeyState = (typeof KEY_STATES)[number];

export interface KmsKey {
  readonly arn: string;
  readonly accountId: string;
  readonly region: string;
  readonly policy: Policy;
  readonly state: KeyState;
}

export interface KmsKeyDefinition {
  readonly arn: string;
  /** The key policy as a JSON value; by default, AWS's default policy, which delegates to the account's IAM. */
  readonly policy?: unknown;
  readonly state?: KeyState | undefined;
}

export interface KmsKeys {
  find(arn: string): KmsKey | undefined;
  /** Creates or replaces a KMS key. Throws MalformedPolicy for an invalid key policy. */
  put(definition: KmsKeyDefinition): void;
  /** Returns the region's `aws/s3` key, which everyone in the account may use through S3. */
  managed(region: string): KmsKey;
}

const KEY_ARN = /^arn:aws[\w-]*:kms:([\w-]+):(\d{12}):key\/[\w-]+$/;
const MANAGED_KEY = 'key/d0c5a9e2-5b1f-4c55-9d0e-a7b1c2d3e4f5';

const allowing = (statement: object) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*', ...statement },
});

export function createKmsKeys(): KmsKeys {
  const keys = new Map<string, KmsKey>();

  function put({ arn, policy, state = 'Enabled' }: KmsKeyDefinition): KmsKey {
    const [, region, accountId] = KEY_ARN.exec(arn) ?? [];
    if (region === undefined || accountId === undefined) {
      throw new Error('"arn" must be a key\'s ARN, such as arn:aws:kms:eu-west-1:123456789012:key/lake');
    }
    const document = policy ?? allowing({ Principal: { AWS: `arn:aws:iam::${accountId}:root` } });
    const key = { arn, accountId, region, state, policy: readPolicy(JSON.stringify(document), 'resource') };
    keys.set(arn, key);
    return key;
  }

  return {
    find(arn) {
      const key = keys.get(arn);
      return key?.state === 'Deleted' ? undefined : key;
    },
    put: (definition) => void put(definition),
    managed(region) {
      const arn = `arn:aws:kms:${region}:${ACCOUNT_ID}:${MANAGED_KEY}`;
      const StringEquals = {
        'kms:CallerAccount': ACCOUNT_ID,
        'kms:ViaService': `s3.${region}.amazonaws.com`,
      };
      const policy = allowing({ Principal: { AWS: '*' }, Condition: { StringEquals } });
      return keys.get(arn) ?? put({ arn, policy });
    },
  };
}
