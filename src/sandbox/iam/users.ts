// The IAM users with long-term keys: the owner, who may do anything, and a developer, who needs an MFA code.
import { newKeyPair, type KeyPair } from './access-keys.ts';
import { createMfaDevice, type MfaDevice } from './mfa-device.ts';
import { readPolicy, type Policy } from './policy.ts';
import { ACCOUNT_ID, DEVELOPER_ROLE } from './roles.ts';

export interface User {
  readonly name: string;
  readonly accountId: string;
  readonly arn: string;
  /** The user's unique ID, which begins with `AIDA`. */
  readonly id: string;
  readonly keys: KeyPair;
  readonly permissions: Policy;
  readonly mfa?: MfaDevice;
}

export interface Developer extends User {
  readonly mfa: MfaDevice;
}

export interface Users {
  readonly owner: User;
  readonly developer: Developer;
  /** Returns the user with this long-term key. */
  find(accessKeyId: string): User | undefined;
}

/** The developer's keys, which are always the same, so that an AWS profile with them works with every sandbox. */
const DEVELOPER_KEYS: KeyPair = {
  accessKeyId: 'AKIASANDBOXDEVELOPER',
  secretAccessKey: 'sandbox+developer+key+that+opens+nothing',
};
const DEVELOPER_SEED = Buffer.from('sandbox-developer-01');

const allowing = (Action: string, Resource: string): Policy =>
  readPolicy(
    JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } }),
    'identity',
  );

const userOf = <Kept>(name: string, id: string, kept: Kept) => ({
  name,
  accountId: ACCOUNT_ID,
  arn: `arn:aws:iam::${ACCOUNT_ID}:user/${name}`,
  id,
  ...kept,
});

export function createUsers(): Users {
  const owner = userOf('owner', 'AIDASANDBOXOWNER00000', {
    keys: newKeyPair('AKIA'),
    permissions: allowing('*', '*'),
  });
  const developer = userOf('developer', 'AIDASANDBOXDEVELOPER0', {
    keys: DEVELOPER_KEYS,
    permissions: allowing('sts:AssumeRole', DEVELOPER_ROLE),
    mfa: createMfaDevice(`arn:aws:iam::${ACCOUNT_ID}:mfa/developer`, DEVELOPER_SEED),
  });
  return {
    owner,
    developer,
    find: (accessKeyId) => [owner, developer].find(({ keys }) => keys.accessKeyId === accessKeyId),
  };
}
