// Finds the one identity token that a request presents, without judging it.
import type { IncomingMessage } from 'node:http';
import { Fault } from '../errors/fault.ts';

/** How it was presented decides how a refusal reads: an S3 client needs S3's own codes to refresh its token. */
export type Presentation = 'bearer' | 's3';

/** Google's ID tokens are below 2 KiB; node's own header limit is 16 KiB. */
const MAX_TOKEN_CHARACTERS = 8192;

/** What Cloud Run's invoker check puts in the place of a signature (Cloud Run, "Authenticating service-to-service"). */
const STRIPPED_SIGNATURE = '.SIGNATURE_REMOVED_BY_GOOGLE';

/** An S3 client signs what it sends; with anything else, and with nothing, the answer is for HTTP clients. */
export function presentationOf(request: IncomingMessage): Presentation {
  return request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true ? 's3' : 'bearer';
}

/**
 * The token of `Authorization: Bearer`, or the session token of a SigV4 request. `X-Serverless-Authorization` is Cloud
 * Run's, not ours, and never looked at.
 * @throws Fault token_missing, tokens_conflict, token_too_large, token_signature_removed
 */
export function presentedToken(request: IncomingMessage): string {
  refuseRepeats(request.rawHeaders);
  const authorization = request.headers.authorization ?? '';
  const sessionToken = request.headers['x-amz-security-token'];
  const bearer = /^Bearer +([^ ]+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined && sessionToken !== undefined && sessionToken !== bearer)
    throw new Fault('tokens_conflict');
  const token = bearer ?? (presentationOf(request) === 's3' ? sessionToken : undefined);
  if (typeof token !== 'string' || token === '') throw new Fault('token_missing');
  if (token.length > MAX_TOKEN_CHARACTERS) throw new Fault('token_too_large');
  if (token.endsWith(STRIPPED_SIGNATURE)) throw new Fault('token_signature_removed');
  return token;
}

/** Node keeps the first of several Authorization headers and hides the rest: what another reader took must not differ. */
function refuseRepeats(rawHeaders: readonly string[]): void {
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
