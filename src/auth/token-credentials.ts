// The S3 credentials that carry a caller's identity token to the bridge: the session token is the identity token, and the keys
// are placeholders.
import { Fault } from '../errors/fault.ts';

/** Placeholder keys. Clients sign requests with them, but the bridge ignores the signatures and checks only the token. */
const PLACEHOLDER_KEYS = { AccessKeyId: 'fedbridge', SecretAccessKey: 'not-a-secret' };

/** The latest time that `Expiration` can contain: the end of the year 9999, because later years have more than four digits. */
export const LATEST_MS = 253_402_300_799_000;

export interface TokenCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
}

/**
 * `Expiration` is exactly the token's own expiry. An earlier time is not safer: the metadata server returns the same token
 * until about four minutes before it expires, so earlier refreshes have no effect. In addition, botocore and the JS SDK fail if
 * credentials have already expired when they are refreshed. If `Expiration` were later, SDKs that refresh exactly at the expiry
 * would send an expired token.
 * @param expiresAt in milliseconds since the epoch
 * @throws Fault token_expired if the expiry has passed, even though the bridge, which tolerates clock differences, may still
 * accept the token
 */
export function tokenCredentials(token: string, expiresAt: number): TokenCredentials {
  const Expiration = `${new Date(Math.min(expiresAt, LATEST_MS)).toISOString().slice(0, -'.000Z'.length)}Z`;
  // The expired token is reported here, because the SDKs would report it without a fix.
  if (expiresAt <= Date.now()) throw new Fault('token_expired', { expiration: Expiration });
  return { ...PLACEHOLDER_KEYS, SessionToken: token, Expiration };
}
