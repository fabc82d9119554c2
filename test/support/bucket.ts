// Builds buckets and roles as the configuration has them, for tests of code that takes them as arguments.
import type { Bucket, Role } from '../../src/config/types.ts';

/** A role without chained roles. */
export const ROLE: Role = {
  name: 'lake',
  arn: 'arn:aws:iam::123456789012:role/lake',
  durationSeconds: 3600,
  session: 'caller',
  then: [],
};

/** Returns the bucket `acme-lake` with these settings, and the configuration's defaults for the others. */
export function bucketWith(settings: Partial<Bucket> = {}): Bucket {
  return {
    name: 'acme-lake',
    role: ROLE,
    target: 'acme-lake',
    requesterPays: false,
    kmsKeys: [],
    verifyChecksums: false,
    cache: true,
    ...settings,
  };
}
