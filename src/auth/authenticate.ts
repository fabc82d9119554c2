// Authenticates a request by the one identity token that it contains. Caches verified tokens until they expire.
import { hash } from 'node:crypto';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry } from '../runtime/lru-list.ts';
import { Fault } from '../errors/fault.ts';
import type { Caller } from './caller.ts';
import type { VerifiedToken, VerifyToken } from './verify-token.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

/** The maximum number of cached tokens, which take about 3 MB. A caller's SDK sends the same token for an hour. */
const MAX_TOKENS = 10_000;

/**
 * The maximum number of requests that may wait at once for a refetch of issuers' keys. Without a limit, requests with made-up key
 * IDs could occupy all request slots while an issuer's endpoint hangs. Each issuer gets an equal part, so that one issuer's outage
 * does not affect the others' callers.
 */
const MAX_WAITING = 100;

interface Verification {
  readonly caller: Promise<Caller>;
  readonly wait: Wait;
}

/** The requests that wait for a token's signing key. */
interface Wait {
  requests: number;
  /** The name of the issuer of the key; undefined for Google. */
  issuer: string | undefined;
}

interface CachedToken extends VerifiedToken {
  readonly key: string;
}

/**
 * The token cache holds identities, never permissions. The cache's keys are SHA-256 hashes of whole tokens: a token that differs
 * in one bit is verified separately, and no token stays in memory.
 * @param options.verify verifies a token, and must call `beforeWait` before waiting for an unknown key; rejections are not cached
 * @param options.issuers the number of issuers whose tokens `verify` accepts
 * @param options.onOutcome called for each token that is accepted
 */
export function authenticator(options: {
  readonly verify: VerifyToken;
  readonly issuers: number;
  readonly onOutcome: (outcome: 'cached' | 'verified') => void;
}): (token: string) => MaybePromise<Caller> {
  const { verify, onOutcome } = options;
  const mostWaiting = Math.floor(MAX_WAITING / options.issuers);
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
  const waiting = new Map<string | undefined, number>();
  const countWaiting = (wait: Wait): void => {
    const count = waiting.get(wait.issuer) ?? 0;
    if (count >= mostWaiting)
      throw new Fault(wait.issuer === undefined ? 'signing_keys_unavailable' : 'issuer_keys_unavailable', {
        issuer: wait.issuer,
        error: 'too many requests are waiting for signing keys that the bridge has not fetched yet',
      });
    waiting.set(wait.issuer, count + 1);
    wait.requests += 1;
  };
  const begin = (token: string, key: string): Verification => {
    const wait: Wait = { requests: 0, issuer: undefined };
    const verified = verify(token, (issuer) => {
      // A verification may wait twice, but with the same requests.
      if (wait.requests > 0) return;
      wait.issuer = issuer;
      countWaiting(wait);
    });
    const caller = verified
      .then((accepted) => {
        cacheToken(key, accepted);
        onOutcome('verified');
        return accepted.caller;
      })
      .finally(() => {
        verifying.delete(key);
        if (wait.requests > 0) waiting.set(wait.issuer, (waiting.get(wait.issuer) ?? 0) - wait.requests);
      });
    const verification = { caller, wait };
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
    if (inProgress.wait.requests > 0) countWaiting(inProgress.wait);
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

const BEARER = /^Bearer +([^ ]+)$/i;

/**
 * Returns the token from `Authorization: Bearer`, or the session token of a SigV4 request. `X-Serverless-Authorization` is for
 * Cloud Run and is ignored.
 * @throws Fault token_missing, tokens_conflict, signature_not_supported, token_too_large, token_signature_removed
 */
export function presentedToken(request: CallerRequest): string {
  rejectRepeats(request.rawHeaders);
  const authorization = request.headers.authorization ?? '';
  const sessionToken = request.headers['x-amz-security-token'];
  const bearer = BEARER.exec(authorization)?.[1];
  if (bearer !== undefined && sessionToken !== undefined && sessionToken !== bearer)
    throw new Fault('tokens_conflict');
  const isS3Client = presentationOf(request) === 's3';
  if (bearer === undefined && !isS3Client && isSigned(request)) throw new Fault('signature_not_supported');
  return checkedToken(bearer ?? (isS3Client ? sessionToken : undefined));
}

/**
 * Also accepts a token that is the whole `Authorization` header: for container credentials, the AWS SDKs send the content of a token
 * file without a scheme.
 * @throws the same faults as {@link presentedToken}
 */
export function containerToken(request: CallerRequest): string {
  const { authorization = '', 'x-amz-security-token': sessionToken } = request.headers;
  if (!/^[^ ]+$/.test(authorization)) return presentedToken(request);
  rejectRepeats(request.rawHeaders);
  if (sessionToken !== undefined && sessionToken !== authorization) throw new Fault('tokens_conflict');
  return checkedToken(authorization);
}

/**
 * Returns the token in the body of an STS request. A token in a header must be the same.
 * @throws Fault tokens_conflict, token_too_large, token_signature_removed
 */
export function bodyToken({ headers, rawHeaders }: CallerRequest, token: string): string {
  rejectRepeats(rawHeaders);
  const { authorization = '', 'x-amz-security-token': sessionToken = token } = headers;
  const bearer = BEARER.exec(authorization)?.[1] ?? token;
  if (bearer !== token || sessionToken !== token) throw new Fault('tokens_conflict');
  return checkedToken(token);
}

function checkedToken(token: string | string[] | undefined): string {
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
