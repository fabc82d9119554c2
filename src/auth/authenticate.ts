// From a request to its caller: finds the one identity token that the request presents, and caches verified tokens until they expire.
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry } from '../runtime/lru-list.ts';
import { Fault } from '../errors/fault.ts';
import type { MaybeAsync } from '../runtime/maybe-async.ts';
import type { Caller } from './verify-token.ts';
import type { VerifiedToken } from './verify-token.ts';

/** About 3 MB when full. Each caller's SDK keeps one token for an hour. */
const MAX_TOKENS = 10_000;

/**
 * Requests that may wait at once for a key that Google may not have. They have no valid token yet, so without a limit those
 * with made-up key IDs would take the slots of all callers while Google's endpoint hangs.
 */
const MAX_WAITING = 100;

interface Verification {
  readonly caller: Promise<Caller>;
  /** Requests that wait for its key. */
  waiting: number;
}

interface CachedToken extends VerifiedToken {
  readonly key: string;
}

/**
 * The cache holds identity, never what the caller may do. It is keyed by the SHA-256 of the whole token, so that a
 * token that differs in one bit is verified on its own, and no token stays in memory.
 * @param verify may reject, which is not cached; calls `beforeWait` before it waits for a key that Google may not have
 * @param onOutcome called with `cached` or `verified`
 */
export function authenticator(
  verify: (token: string, beforeWait: () => void) => Promise<VerifiedToken>,
  onOutcome: (outcome: 'cached' | 'verified') => void,
): (token: string) => MaybeAsync<Caller> {
  const cached = new Map<string, LruEntry<CachedToken>>();
  const uses = lruList<CachedToken>();
  const forget = (entry: LruEntry<CachedToken>): void => {
    uses.remove(entry);
    cached.delete(entry.item.key);
  };
  const cacheToken = (key: string, verified: VerifiedToken): void => {
    cached.set(key, uses.add({ ...verified, key }));
    // A flood of tokens evicts those that nobody uses.
    const oldest = uses.size() > MAX_TOKENS ? uses.oldest() : undefined;
    if (oldest !== undefined) forget(oldest);
  };
  const verifying = new Map<string, Verification>();
  let waiting = 0;
  const countWaiting = (verification: Verification): void => {
    if (waiting >= MAX_WAITING)
      throw new Fault('signing_keys_unavailable', { error: 'too many requests wait for unknown keys' });
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

/** Decides the form of an error: an S3 client needs S3's own codes to refresh its token. */
export type Presentation = 'bearer' | 's3';

/** Google's ID tokens are below 2 KiB; Node's limit on headers is 16 KiB. */
const MAX_TOKEN_CHARACTERS = 8192;

/** Cloud Run's invoker check replaces the signature by this (Cloud Run, "Authenticating service-to-service"). */
const STRIPPED_SIGNATURE = '.SIGNATURE_REMOVED_BY_GOOGLE';

/** An S3 client signs its requests. Any other caller gets errors for HTTP clients. */
export function presentationOf(request: IncomingMessage): Presentation {
  return request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true ? 's3' : 'bearer';
}

/** By any version of AWS's signatures: `AWS4-HMAC-SHA256`, `AWS4-ECDSA-P256-SHA256`, and SigV2's `AWS`. */
export function isSigned({ headers: { authorization = '' } }: Pick<IncomingMessage, 'headers'>): boolean {
  return /^AWS(?:4-[A-Z\d-]+)? /.test(authorization);
}

/**
 * The token of `Authorization: Bearer`, or the session token of a SigV4 request. `X-Serverless-Authorization` is Cloud Run's and is
 * ignored.
 * @throws Fault token_missing, tokens_conflict, signature_not_supported, token_too_large, token_signature_removed
 */
export function presentedToken(request: IncomingMessage): string {
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

/** Node keeps the first of several Authorization headers and hides the rest, and another parser might use another one. */
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
