// Authenticates a request by the one identity token that it contains. Caches verified tokens until they expire.
import { hash } from 'node:crypto';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry } from '../runtime/lru-list.ts';
import { Fault } from '../errors/fault.ts';
import type { Caller, VerifiedToken } from './verify-token.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

/** The maximum number of cached tokens, which take about 3 MB. A caller's SDK sends the same token for an hour. */
const MAX_TOKENS = 10_000;

/**
 * The maximum number of requests that may wait at once for a refetch of Google's keys. Without a limit, requests with made-up key
 * IDs could occupy all request slots while Google's endpoint hangs.
 */
const MAX_WAITING = 100;

interface Verification {
  readonly caller: Promise<Caller>;
  /** The number of requests that are waiting for this token's signing key. */
  waiting: number;
}

interface CachedToken extends VerifiedToken {
  readonly key: string;
}

/**
 * The token cache holds identities, never permissions. The cache's keys are SHA-256 hashes of whole tokens: a token that differs
 * in one bit is verified separately, and no token stays in memory.
 * @param verify verifies a token, and must call `beforeWait` before waiting for an unknown key; rejections are not cached
 * @param onOutcome called for each token that is accepted
 */
export function authenticator(
  verify: (token: string, beforeWait: () => void) => Promise<VerifiedToken>,
  onOutcome: (outcome: 'cached' | 'verified') => void,
): (token: string) => MaybePromise<Caller> {
  const cached = new Map<string, LruEntry<CachedToken>>();
  const uses = lruList<CachedToken>();
  const forget = (entry: LruEntry<CachedToken>): void => {
    uses.remove(entry);
    cached.delete(entry.item.key);
  };
  const cacheToken = (key: string, verified: VerifiedToken): void => {
    cached.set(key, uses.add({ ...verified, key }));
    // Evicts the least recently used token, so that tokens in regular use survive a flood of new ones.
    const oldest = uses.size() > MAX_TOKENS ? uses.oldest() : undefined;
    if (oldest !== undefined) forget(oldest);
  };
  const verifying = new Map<string, Verification>();
  let waiting = 0;
  const countWaiting = (verification: Verification): void => {
    if (waiting >= MAX_WAITING)
      throw new Fault('signing_keys_unavailable', {
        error: 'too many requests are waiting for signing keys that the bridge has not fetched yet',
      });
    waiting += 1;
    verification.waiting += 1;
  };
  const begin = (token: string, key: string): Verification => {
    const verification: Verification = {
      waiting: 0,
      caller: verify(token, () => {
        countWaiting(verification);
      })
        .then((verified) => {
          cacheToken(key, verified);
          onOutcome('verified');
          return verified.caller;
        })
        .finally(() => {
          verifying.delete(key);
          waiting -= verification.waiting;
        }),
    };
    verifying.set(key, verification);
    return verification;
  };
  return (token) => {
    const key = hash('sha256', token, 'base64url');
    const known = cached.get(key);
    if (known !== undefined) {
      if (known.item.expiresAt > Date.now()) {
        uses.use(known);
        onOutcome('cached');
        return known.item.caller;
      }
      forget(known);
    }
    const inProgress = verifying.get(key);
    if (inProgress === undefined) return begin(token, key).caller;
    if (inProgress.waiting > 0) countWaiting(inProgress);
    return inProgress.caller;
  };
}

/** Selects the format of error responses: an S3 client refreshes its token only if the error has one of S3's own codes. */
export type Presentation = 'bearer' | 's3';

/** Google's ID tokens are smaller than 2 KiB, and Node limits all headers together to 16 KiB. */
const MAX_TOKEN_CHARACTERS = 8192;

/** Cloud Run's invoker check replaces a token's signature with this text (Cloud Run, "Authenticating service-to-service"). */
const STRIPPED_SIGNATURE = '.SIGNATURE_REMOVED_BY_GOOGLE';

/** Only S3 clients sign their requests; all other callers get errors in the format for HTTP clients. */
export function presentationOf(request: CallerRequest): Presentation {
  return request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true ? 's3' : 'bearer';
}

/** Recognizes all versions of AWS's signatures: `AWS4-HMAC-SHA256`, `AWS4-ECDSA-P256-SHA256`, and SigV2's `AWS`. */
export function isSigned({ headers: { authorization = '' } }: Pick<CallerRequest, 'headers'>): boolean {
  return /^AWS(?:4-[A-Z\d-]+)? /.test(authorization);
}

/**
 * Returns the token from `Authorization: Bearer`, or the session token of a SigV4 request. `X-Serverless-Authorization` is for
 * Cloud Run and is ignored.
 * @throws Fault token_missing, tokens_conflict, signature_not_supported, token_too_large, token_signature_removed
 */
export function presentedToken(request: CallerRequest): string {
  rejectRepeats(request.rawHeaders);
  const authorization = request.headers.authorization ?? '';
  const sessionToken = request.headers['x-amz-security-token'];
  const bearer = /^Bearer +([^ ]+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined && sessionToken !== undefined && sessionToken !== bearer)
    throw new Fault('tokens_conflict');
  const isS3Client = presentationOf(request) === 's3';
  if (bearer === undefined && !isS3Client && isSigned(request)) throw new Fault('signature_not_supported');
  const token = bearer ?? (isS3Client ? sessionToken : undefined);
  if (typeof token !== 'string' || token === '') throw new Fault('token_missing');
  if (token.length > MAX_TOKEN_CHARACTERS) throw new Fault('token_too_large');
  if (token.endsWith(STRIPPED_SIGNATURE)) throw new Fault('token_signature_removed');
  return token;
}

/**
 * Rejects repeated credential headers: Node keeps only the first Authorization header, but a proxy in front of the bridge might
 * use a different one.
 */
function rejectRepeats(rawHeaders: readonly string[]): void {
  let authorizations = 0;
  let sessionTokens = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) authorizations += 1;
    else if (name.length === SESSION_TOKEN.length && name.toLowerCase() === SESSION_TOKEN) sessionTokens += 1;
  }
  if (authorizations > 1 || sessionTokens > 1) throw new Fault('tokens_conflict');
}

const AUTHORIZATION = 'authorization';
const SESSION_TOKEN = 'x-amz-security-token';
