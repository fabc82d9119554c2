// Creates a Google ID token's claims, for tests of tokens with unusual claims.
import { ACCOUNTS } from '../../src/sandbox/google/accounts.ts';
import type { Wire } from './wire.ts';

/** @param changes claims to add or replace; a claim that is undefined is removed */
export function googleClaims(
  wire: Wire,
  account: keyof typeof ACCOUNTS,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const { email, uniqueId } = ACCOUNTS[account];
  const { audience } = wire.sandbox.contract;
  return { aud: audience, azp: uniqueId, sub: uniqueId, email, email_verified: true, ...changes };
}

/** Returns a time relative to now, in seconds since 1970. */
export const inSeconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
