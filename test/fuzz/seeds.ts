// The fuzzer's initial cases: requests of every kind, with tokens for every caller.
import type { FuzzCase, TokenRecipe } from './fuzz-case.ts';
import { AUDIENCE, CALLER_NAMES, CALLERS } from './lake.ts';
import type { CallerName } from './lake.ts';

export const HEADER = '{"alg":"RS256","kid":"@kid","typ":"JWT"}';

export function recipeOf(name: CallerName): TokenRecipe {
  const caller: { readonly sub: string; readonly email?: string } = CALLERS[name];
  const email = caller.email === undefined ? {} : { email: caller.email, email_verified: true };
  const times = { iat: '@now-10', exp: '@now+3000' };
  const claims = { iss: 'https://accounts.google.com', aud: AUDIENCE, azp: caller.sub, sub: caller.sub };
  return {
    header: HEADER,
    claims: JSON.stringify({ ...claims, ...email, ...times }),
    signer: 'google',
    edits: [],
  };
}

const URLS = [
  '/',
  '/acme-lake',
  '/acme-lake/',
  '/acme-lake?list-type=2&prefix=raw/public/&delimiter=/&max-keys=7',
  '/acme-lake/raw/public/orders.csv',
  '/acme-lake/raw/public/orders.csv?versionId=null&partNumber=1&x-id=GetObject',
  '/acme-lake/raw/public/orders.csv?response-content-type=a/b&response-expires=x',
  '/acme-lake/raw/x?tagging',
  '/acme-lake/raw/public/x?attributes&versionId=3',
  '/acme-lake/reports/2026%20%2B%252F.csv',
  '/evil.example/a//b/c?tagging&versionId=q',
  '/acme-archive/%C3%BC/%252e%252e/*/x',
  '/acme-archive/shared/x?attributes',
  '/localhost?list-type=2&prefix=deep/&delimiter=/&start-after=deep/er&continuation-token=x&fetch-owner=true',
  '/localhost?versions&prefix=deep/er/down/&key-marker=a&version-id-marker=b&encoding-type=url',
  '/localhost?prefix=deep/&marker=deep/er',
  '/acme-lake?location',
  '/-/object?bucket=acme-lake&key=raw/public/a+b%2Fc&versionId=null',
  '/-/objects?bucket=localhost&prefix=deep/&delimiter=/&limit=10&continue=x',
];

const HEADERS: readonly FuzzCase['headers'][] = [
  [],
  [['Range', 'bytes=0-9']],
  [
    ['If-Match', '"a"'],
    ['If-None-Match', '*'],
    ['If-Modified-Since', 'Sat, 01 Jan 2000 00:00:00 GMT'],
  ],
  [
    ['Range', 'bytes=2-'],
    ['If-Range', '"etag"'],
  ],
  [
    ['x-amz-checksum-mode', 'ENABLED'],
    ['x-amz-object-attributes', 'ETag,  ObjectSize'],
    ['x-amz-server-side-encryption-customer-key', 'a2V5'],
  ],
];

/** One case for each combination of URL and caller. The token is in one of the two possible headers. */
export const SEEDS: readonly FuzzCase[] = URLS.flatMap((url, i) =>
  CALLER_NAMES.map((name, j) => ({
    method: (i + j) % 5 === 0 ? 'HEAD' : 'GET',
    url,
    headers: HEADERS[(i + j) % HEADERS.length] ?? [],
    token: recipeOf(name),
    place: (i + j) % 3 === 0 ? 's3' : 'bearer',
  })),
);
