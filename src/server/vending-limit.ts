// Issues AWS credentials to callers: limits how often each caller may obtain them, and counts the outcomes.
import type { VendingPermit } from '../auth/authorize-vending.ts';
import type { Caller } from '../auth/caller.ts';
import { asFault, Fault } from '../errors/fault.ts';
import type { VendedCredentials } from '../federation/federate.ts';
import type { Metrics } from '../observability/metrics.ts';
import { tokenBuckets } from '../runtime/rate-limits.ts';
import type { Rate } from '../runtime/rate-limits.ts';

/**
 * How often one caller may obtain credentials from one process. The burst lets the processes of a cluster with one service account
 * start together; after that, each of 360 processes can renew its credentials once an hour. STS limits calls per AWS account.
 */
const RATE: Rate = { burst: 20, intervalMs: 10_000 };

/** Runs `issue` unless the caller has reached its limit. @throws Fault vend_rate_limited, and the faults of `issue` */
export type LimitVending = (
  permit: VendingPermit,
  caller: Caller,
  issue: () => Promise<VendedCredentials>,
) => Promise<VendedCredentials>;

/** Failed attempts also count toward the limit, because they may have called STS. */
export function vendingLimit(metrics: Metrics): LimitVending {
  const attempts = tokenBuckets(RATE);
  return async ({ bucket }, { subject }, issue) => {
    try {
      if (!attempts.has(subject)) throw new Fault('vend_rate_limited');
      attempts.take(subject);
      const issued = await issue();
      metrics.vended(bucket.role.name, 'ok');
      return issued;
    } catch (error) {
      metrics.vended(bucket.role.name, asFault(error).code);
      throw error;
    }
  };
}
