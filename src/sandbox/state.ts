// Creates the state that the emulators share: clocks, keys, accounts, roles and buckets, with the content of the seed.
import { createCallLog } from './calls.ts';
import { createClock, createDurations } from './clock.ts';
import { createAccounts } from './google/accounts.ts';
import { createIdentityTokens } from './google/identity-tokens.ts';
import { createSigningKeys } from './google/keys.ts';
import { createCredentials } from './iam/credentials.ts';
import { createRoles } from './iam/roles.ts';
import { createUsers } from './iam/users.ts';
import { createFaults } from './injected-faults.ts';
import { createKmsKeys } from './kms/kms-keys.ts';
import { createBucketPolicies } from './s3/bucket-policy.ts';
import { createBuckets } from './s3/buckets.ts';
import { createSeedBucket } from './s3/seed-bucket.ts';
import { createSpool } from './s3/spool.ts';
import type { Seed } from './seed.ts';

/**
 * @param dir the directory whose files are the content of the sample bucket; undefined for the seed's content
 * @returns the state. When it is no longer needed, `close` must be called on its `spool`. Rejects if `dir` is not a directory
 */
export async function createState(seed: Seed, dir: string | undefined) {
  const keys = await createSigningKeys();
  const [clock, durations, users] = [createClock(), createDurations(), createUsers()];
  const state = {
    clock,
    durations,
    calls: createCallLog(),
    faults: createFaults(),
    keys,
    issuerKeys: await createSigningKeys('ES256'),
    iapKeys: await createSigningKeys('ES256'),
    accounts: createAccounts(seed.accounts),
    users,
    buckets: createBuckets(),
    tokens: createIdentityTokens(keys, clock, durations),
    credentials: createCredentials(users),
    roles: createRoles(seed.roles),
    bucketPolicies: createBucketPolicies(),
    kmsKeys: createKmsKeys(),
    spool: createSpool(),
    region: seed.region,
  };
  for (const arn of seed.kmsKeys) state.kmsKeys.put({ arn });
  for (const one of seed.buckets) {
    const shown = one.name === seed.sample.target ? dir : undefined;
    state.buckets.add(await createSeedBucket(one, shown, clock.now('s3')));
  }
  return state;
}
