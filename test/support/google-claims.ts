// The claims of Google's ID tokens for this bridge, for tests that mint one which is unusual in a single thing.
import { ACCOUNTS } from '../../src/sandbox/google/accounts.ts';
import type { Wire } from './wire.ts';

/** @param changes claims that replace Google's own; undefined leaves one out */
export function googleClaims(
  wire: Wire,
  account: keyof typeof ACCOUNTS,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const { email, uniqueId } = ACCOUNTS[account];
  const { audience } = wire.sandbox.contract;
  return { aud: audience, azp: uniqueId, sub: uniqueId, email, email_verified: true, ...changes };
}

/** Seconds since 1970, as tokens tell time. */
export const inSeconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
