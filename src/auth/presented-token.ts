// Finds the one identity token in a request.
import { Fault } from '../errors/fault.ts';
import type { CallerRequest } from '../runtime/caller-exchange.ts';

/** Selects the format of error responses: an S3 client refreshes its token only if the error has one of S3's own codes. */
export type Presentation = 'bearer' | 's3';

/** The maximum length of a token. Google's ID tokens are smaller than 2 KiB, and Node limits all headers together to 16 KiB. */
const MAX_TOKEN_CHARACTERS = 8192;

/**
 * The text with which Cloud Run's invoker check replaces a token's signature (Cloud Run, "Authenticating service-to-service").
 */
const STRIPPED_SIGNATURE = '.SIGNATURE_REMOVED_BY_GOOGLE';

/** Recognizes S3 clients by the signature of their requests. All other callers get errors in the format for HTTP clients. */
export function presentationOf(request: CallerRequest): Presentation {
  return request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true ? 's3' : 'bearer';
}

/**
 * Whether the request has a signature of AWS, of any version: `AWS4-HMAC-SHA256`, `AWS4-ECDSA-P256-SHA256`, and SigV2's `AWS`.
 */
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
  const bearer = bearerToken(authorization);
  if (bearer !== undefined && sessionToken !== undefined && sessionToken !== bearer)
    throw new Fault('tokens_conflict');
  const isS3Client = presentationOf(request) === 's3';
  if (bearer === undefined && !isS3Client && isSigned(request)) throw new Fault('signature_not_supported');
  return checkedToken(bearer ?? (isS3Client ? sessionToken : undefined));
}

/**
 * Returns the token as {@link presentedToken} does, but also accepts a token that is the whole `Authorization` header: for
 * container credentials, the AWS SDKs send the content of a token file without a scheme.
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
 * Returns the token in the body of an STS request. If a header contains a token as well, both tokens must be equal.
 * @throws Fault tokens_conflict, token_too_large, token_signature_removed
 */
export function bodyToken({ headers, rawHeaders }: CallerRequest, token: string): string {
  rejectRepeats(rawHeaders);
  const { authorization = '', 'x-amz-security-token': sessionToken = token } = headers;
  const bearer = bearerToken(authorization) ?? token;
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

/** Returns the token of `Authorization: Bearer TOKEN`. Measured: a regular expression for the whole header takes 0.3 µs more. */
function bearerToken(authorization: string): string | undefined {
  const scheme = /^Bearer +/i.exec(authorization)?.[0];
  if (scheme === undefined) return undefined;
  const token = authorization.slice(scheme.length);
  return token === '' || token.includes(' ') ? undefined : token;
}
