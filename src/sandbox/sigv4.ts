// Verifies AWS Signature Version 4: signs the request again with AWS's signer, and compares the result with the client's
// signature.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials, Principal } from './iam/credentials.ts';
import { Sha256 } from './sha256.ts';

export interface SignedRequest {
  readonly method: string;
  /** Canonical paths; the signature must be valid for at least one path. */
  readonly paths: readonly string[];
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly headers: IncomingHttpHeaders;
  /** The body, which is hashed if the request has no `x-amz-content-sha256` header. */
  readonly body?: Buffer;
}

export type Problem =
  | 'unsigned'
  | 'malformed'
  | 'headers-not-signed'
  | 'unknown-key'
  | 'bad-token'
  | 'expired-token'
  | 'expired-url'
  | 'skewed'
  | 'mismatch';

export interface Verified {
  readonly principal: Principal;
  readonly accessKeyId: string;
  readonly region: string;
}

export interface Claim {
  readonly accessKeyId: string;
  readonly region: string;
  readonly signature: string;
  readonly sessionToken: string | undefined;
  readonly signedHeaders: readonly string[];
  readonly service: string;
  readonly scopeDate: string;
  /** The request's date in ISO 8601 basic format. */
  readonly date: string;
  /** A presigned URL's lifetime in seconds; undefined if the signature is in a header. */
  readonly expiresIn: number | undefined;
}

/** The maximum difference that AWS allows between a request's date and AWS's clock. */
export const MAX_SKEW_MS = 15 * 60_000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

const only = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** Parses the unverified signing parameters of a request. */
export function claimOf({
  headers,
  query,
}: Pick<SignedRequest, 'headers' | 'query'>): Claim | 'unsigned' | 'malformed' {
  const presigned = only(query['X-Amz-Signature']) !== undefined;
  if (headers.authorization === undefined && !presigned) return 'unsigned';
  const [, scope, signedHeaders, signature] = presigned
    ? [
        '',
        only(query['X-Amz-Credential']),
        only(query['X-Amz-SignedHeaders']),
        only(query['X-Amz-Signature']),
      ]
    : (AUTHORIZATION.exec(headers.authorization ?? '') ?? []);
  const [accessKeyId, scopeDate, region, service, end, ...more] = (scope ?? '').split('/');
  const date = (presigned ? only(query['X-Amz-Date']) : only(headers['x-amz-date'])) ?? '';
  const complete =
    accessKeyId && scopeDate && region && service && end === 'aws4_request' && more.length === 0;
  if (!complete || signature === undefined || !DATE.test(date) || !date.startsWith(scopeDate))
    return 'malformed';
  return {
    accessKeyId,
    region,
    service,
    scopeDate,
    signature,
    date,
    signedHeaders: (signedHeaders ?? '').split(';'),
    sessionToken: presigned ? only(query['X-Amz-Security-Token']) : only(headers['x-amz-security-token']),
    expiresIn: presigned ? Number(only(query['X-Amz-Expires']) ?? NaN) : undefined,
  };
}

/** Returns the verified signer, or the first problem in the order of AWS's checks. */
export async function verifySignature(
  request: SignedRequest,
  { service, now, credentials }: { service: string; now: number; credentials: Credentials },
): Promise<Verified | Problem> {
  const claim = claimOf(request);
  if (typeof claim === 'string') return claim;
  if (claim.service !== service) return 'malformed';
  const signable = Object.keys(request.headers).filter(
    (name) => name.startsWith('x-amz-') || name === 'host',
  );
  if (!signable.every((name) => claim.signedHeaders.includes(name))) return 'headers-not-signed';
  const found = credentials.find(claim.accessKeyId, claim.sessionToken);
  if (typeof found === 'string') return found;
  if (found.principal.kind === 'session' && found.principal.session.expiresAt <= now) return 'expired-token';
  const signedAt = Date.parse(claim.date.replace(DATE, '$1-$2-$3T$4:$5:$6Z'));
  if (claim.expiresIn === undefined ? Math.abs(now - signedAt) > MAX_SKEW_MS : signedAt - now > MAX_SKEW_MS)
    return 'skewed';
  if (claim.expiresIn !== undefined && !(signedAt + claim.expiresIn * 1000 > now)) return 'expired-url';
  for (const path of request.paths) {
    const expected = await signatureOf(
      { ...request, path },
      claim,
      found.secretAccessKey,
      new Date(signedAt),
    );
    if (timingSafeEqual(digest(expected), digest(claim.signature))) {
      return { principal: found.principal, accessKeyId: claim.accessKeyId, region: claim.region };
    }
  }
  return 'mismatch';
}

const digest = (text: string) => createHash('sha256').update(text).digest();

async function signatureOf(
  request: SignedRequest & { readonly path: string },
  claim: Claim,
  secretAccessKey: string,
  signingDate: Date,
): Promise<string> {
  const signer = new SignatureV4({
    service: claim.service,
    region: claim.region,
    // The signer must not add the session token, because the request already contains it.
    credentials: { accessKeyId: claim.accessKeyId, secretAccessKey },
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const query = { ...request.query };
  delete query['X-Amz-Signature'];
  const headers = Object.fromEntries(
    claim.signedHeaders.map((name) => [name, utf8(only(request.headers[name]) ?? '')] as const),
  );
  const again = {
    protocol: 'http:',
    hostname: '',
    method: request.method,
    path: request.path,
    query,
    headers,
    body: request.body,
  };
  const signableHeaders = new Set(claim.signedHeaders);
  if (claim.expiresIn === undefined) {
    const signed = await signer.sign(again, { signingDate, signableHeaders });
    return AUTHORIZATION.exec(signed.headers['authorization'] ?? '')?.[3] ?? '';
  }
  const presigned = await signer.presign(
    {
      ...again,
      headers: { ...headers, 'x-amz-content-sha256': headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD' },
    },
    {
      signingDate,
      expiresIn: claim.expiresIn,
      signableHeaders,
      unsignableHeaders: new Set(['x-amz-content-sha256']),
      unhoistableHeaders: new Set([...claim.signedHeaders, 'x-amz-content-sha256']),
    },
  );
  return only(presigned.query?.['X-Amz-Signature'] ?? undefined) ?? '';
}

/** Decodes a header value as UTF-8, in which clients sign it. Node decodes header bytes as Latin-1. */
const utf8 = (value: string) => Buffer.from(value, 'latin1').toString('utf8');
