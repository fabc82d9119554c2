// The control API's routes for identities and permissions in Google and AWS: accounts, roles, policies and keys.
import type { Clock } from '../clock.ts';
import type { Accounts } from '../google/accounts.ts';
import { ADC } from '../google/developer.ts';
import { MalformedPolicy } from '../iam/policy.ts';
import type { Roles } from '../iam/roles.ts';
import type { Users } from '../iam/users.ts';
import { KEY_STATES, type KmsKeys } from '../kms/kms-keys.ts';
import type { BucketPolicies } from '../s3/bucket-policy.ts';
import {
  BadField,
  number,
  optional,
  optionalChoice,
  record,
  refuseOthers,
  text,
  type Fields,
} from './fields.ts';

export interface IdentityParts {
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly users: Users;
  readonly roles: Roles;
  readonly bucketPolicies: BucketPolicies;
  readonly kmsKeys: KmsKeys;
}

/** Handles a request. The route's return value is sent as JSON. */
export type Route = (fields: Fields) => unknown;

export const DONE = { ok: true };

const UNIQUE_ID = /^\d{1,30}$/;

export function identityRoutes(parts: IdentityParts): Readonly<Record<string, Route>> {
  const { clock, accounts, users, roles, bucketPolicies, kmsKeys } = parts;
  return {
    'GET /mfa': () => {
      const { mfa } = users.developer;
      return { serialNumber: mfa.serialNumber, code: mfa.code(clock.now('sts')) };
    },
    'GET /adc': () => ADC,
    'PUT /accounts': (fields) => {
      refuseOthers(fields, ['email', 'uniqueId']);
      const email = text(fields, 'email');
      if (fields['uniqueId'] === null) accounts.remove(email);
      else accounts.put({ email, uniqueId: uniqueIdOf(fields) });
      return DONE;
    },
    'PUT /roles': (fields) => {
      refuseOthers(fields, ['arn', 'trust', 'permissions', 'maxSessionSeconds']);
      const limit = (all: Fields, name: string) =>
        number(all, name, { least: 3600, most: 43_200, integer: true });
      const definition = {
        arn: text(fields, 'arn'),
        trust: record(fields, 'trust'),
        permissions: record(fields, 'permissions'),
        maxSessionSeconds: optional(fields, 'maxSessionSeconds', limit),
      };
      asPolicy('trust or permissions', () => {
        roles.put(definition);
      });
      return DONE;
    },
    'PUT /bucket-policy': (fields) => {
      refuseOthers(fields, ['bucket', 'policy']);
      const bucket = text(fields, 'bucket');
      if (fields['policy'] === null) {
        bucketPolicies.remove(bucket);
        return DONE;
      }
      const policy = JSON.stringify(record(fields, 'policy'));
      asPolicy('policy', () => {
        bucketPolicies.put(bucket, policy);
      });
      return DONE;
    },
    'PUT /kms-keys': (fields) => {
      refuseOthers(fields, ['arn', 'policy', 'state']);
      const definition = {
        arn: text(fields, 'arn'),
        policy: optional(fields, 'policy', record),
        state: optionalChoice(fields, 'state', KEY_STATES),
      };
      asPolicy('policy', () => {
        kmsKeys.put(definition);
      });
      return DONE;
    },
  };
}

function uniqueIdOf(fields: Fields): string {
  const uniqueId = text(fields, 'uniqueId');
  if (UNIQUE_ID.test(uniqueId)) return uniqueId;
  throw new BadField('uniqueId', 'must be digits', 'write, for example, "uniqueId": "104815162342108150002"');
}

/** If the policy is malformed, throws an error that names the field and includes IAM's message. */
function asPolicy(field: string, put: () => void): void {
  try {
    put();
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new BadField(field, 'is not a valid IAM policy', error.message);
  }
}
