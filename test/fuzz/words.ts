// The fuzzer's dictionary: pieces of request targets, headers and tokens that are typical of attacks.
import { AUDIENCE, CALLERS } from './lake.ts';

/** Splits a text at whitespace. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Pieces of paths and queries. */
export const URL_WORDS = words(String.raw`
  .. ../ /../ ./ // / \ ; ;a=b %2e%2e %2E%2e%2F %252e%252e %c0%ae %e0%80%af %2f %2F %5c %00 %0d%0a %0a %zz % %C3
  %F0%9F%98%80 %ED%A0%80 + %2B # ? & = * ~ '()! raw/public/ raw/ reports/ a//b/ deep/ deep/er/down/ shared/ %C3%BC
  acme-lake acme-archive evil.example localhost 127.0.0.1 169.254.169.254 - /-/ /-/object /-/objects
  http://evil.example/ https: //evil.example/ @evil.example :80 user:pw@ list-type=2 versions tagging attributes
  versionId= partNumber=1 prefix= delimiter=/ max-keys=1 start-after= marker= continuation-token= encoding-type=url
  location acl policy uploads torrent bucket= key= limit=1 continue= x-id=GetObject response-content-type=
  X-Amz-Security-Token= access_token= eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0. __proto__ constructor PREFIX= %70refix=
`);

export const HEADER_NAMES = words(`
  Range If-Match If-None-Match If-Modified-Since If-Unmodified-Since If-Range Authorization X-Amz-Security-Token
  x-amz-checksum-mode x-amz-object-attributes x-amz-max-parts x-amz-part-number-marker x-amz-request-payer
  x-amz-server-side-encryption-customer-key x-amz-expected-bucket-owner x-amz-copy-source x-amz-date
  x-amz-server-side-encryption x-amz-content-sha256 X-Forwarded-Host X-Forwarded-For Forwarded Host X-Original-URL X-Rewrite-URL
  X-HTTP-Method-Override Cookie Origin Connection Upgrade TE Expect Via Accept X-Serverless-Authorization
  Proxy-Authorization Content-Type User-Agent x-amz-meta-x __proto__
`);

export const HEADER_VALUES = [
  ...words(`
    bytes=0-0 bytes=-1 bytes=9- bytes=0-1,3-4 bytes=0-99999999999999999999 items=0-1 * "a" W/"a" "" "\x80\xff" ENABLED
    ETag,ObjectSize \xe9 requester 123456789012 evil.example 127.0.0.1:80 close x-amz-security-token trailers yesterday
  `),
  '',
  '"a", "b"',
  '  a  b  ',
  'a\tb',
  'Bearer ',
  'bearer  x',
  'Basic eDp5',
  'AWS4-HMAC-SHA256 ',
  'Sat, 01 Jan 2000 00:00:00 GMT',
  '"'.repeat(300),
  'a'.repeat(900),
  `${' '.repeat(200)}x`,
  '1,'.repeat(300),
];

export const METHODS = words('GET HEAD POST PUT DELETE OPTIONS PATCH TRACE get PROPFIND');

/** JSON texts for token claims and headers. */
export const JSON_VALUES = [
  ...words(String.raw`
    null true false 0 -1 1e999 "" [] {} "@kid" ["@kid"] "@now+0" "@now+30" "@now-30" "@now+300" "@now-300" "1"
    "https://accounts.google.com" "accounts.google.com" "http://accounts.google.com" ["accounts.google.com"] "fedbridge"
    [["a"]] "RS256" "none" "HS256" "RS512" "ES256" ["b64"] ["exp"] "../../etc/passwd" "https://evil.example/jwks"
    "READER@acme-prod.iam.gserviceaccount.com" "reader@ACME-prod.iam.gserviceaccount.com\u0000" "project:acme-prod"
    "s\u212aoped@acme-prod.iam.gserviceaccount.com" "reader@acme-prod.iam.gserviceaccount.com\u0020"
  `),
  `"${AUDIENCE}"`,
  `["${AUDIENCE}"]`,
  `["x","${AUDIENCE}"]`,
  `"${AUDIENCE}/"`,
  ...Object.values(CALLERS).flatMap((each) => [
    `"${each.sub}"`,
    ...('email' in each ? [`"${each.email}"`] : []),
  ]),
];

export const CLAIM_NAMES = words(
  'iss aud azp sub email email_verified iat exp nbf jti __proto__ constructor EXP',
);

export const TOKEN_HEADER_NAMES = words('alg kid typ crit b64 jku jwk x5u x5c zip cty __proto__');

/** Text to insert into a token after signing. */
export const TOKEN_EDITS = [
  '',
  '\t',
  ...words('. = == A eyJ9 - _ + / % \xff .. e30 , SIGNATURE_REMOVED_BY_GOOGLE'),
];

/** Line breaks and contradictory headers to insert into a request head. */
export const HEAD_WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '\r\n ',
  '\r\n\r\n',
  ':',
  '\xff\xfe',
  '\xc3\xa9',
  ' HTTP/1.1',
  ' HTTP/1.0',
  ' HTTP/9.9',
  'HTTP/2.0',
  'GET http://evil.example/x HTTP/1.1\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: xchunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Host: evil.example\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  '\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n',
  '\r\n\r\nGET /acme-lake/smuggled HTTP/1.1\r\nHost: b\r\n\r\n',
];
