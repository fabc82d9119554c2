// What is asked of S3, from the raw request line: never through a URL library, which would rewrite keys.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.ts';
import type { ExchangeIds } from './s3-error.ts';

export interface S3Request extends ExchangeIds {
  readonly http: IncomingMessage;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** '' where the service itself is asked. */
  readonly bucket: string;
  /** '' where the bucket itself is asked. */
  readonly key: string;
  /** Of a repeated parameter the first counts. */
  readonly query: ReadonlyMap<string, string>;
  /** All parameters, as the signature covers them. */
  readonly signedQuery: Readonly<Record<string, string | string[]>>;
  /** What a signer may have taken as the canonical path. */
  readonly canonicalPaths: readonly string[];
  /** The path is no UTF-8, or not percent-encoding. */
  readonly badPath: boolean;
}

/** What SigV4 leaves as it is; S3 encodes all else once, by byte. */
const UNRESERVED = /[A-Za-z0-9._~-]/;

export function readRequest(http: IncomingMessage): S3Request {
  const [rawPath = '/', search = ''] = (http.url ?? '/').split(/\?(.*)/s);
  const [, rawBucket = '', rawKey = ''] = /^\/([^/]*)\/?(.*)$/s.exec(rawPath) ?? [];
  const bucket = decode(rawBucket);
  const key = decode(rawKey);
  const signedQuery = parametersOf(search);
  const canonical = encode(percentDecoded(rawPath) ?? Buffer.from(rawPath), true);
  // Some clients write a key's slashes as %2F and sign them so.
  const segmented = rawPath
    .split('/')
    .map((part) => encode(percentDecoded(part) ?? Buffer.from(part), false));
  return {
    http,
    method: http.method ?? 'GET',
    headers: http.headers,
    bucket: bucket ?? '',
    key: key ?? '',
    query: new Map(
      Object.entries(signedQuery).map(([name, value]) => [
        name,
        Array.isArray(value) ? (value[0] ?? '') : value,
      ]),
    ),
    signedQuery,
    canonicalPaths: [...new Set([canonical, segmented.join('/')])],
    badPath: bucket === undefined || key === undefined,
    requestId: randomBytes(8).toString('hex').toUpperCase(),
    hostId: randomBytes(56).toString('base64'),
  };
}

/** The bytes that a percent-encoded text stands for; `+` is itself in a path. */
function percentDecoded(text: string): Buffer | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'latin1');
  const out = Buffer.alloc(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x25) {
      out[length++] = parseInt(bytes.toString('latin1', at + 1, at + 3), 16);
      at += 2;
    } else {
      out[length++] = byte;
    }
  }
  return out.subarray(0, length);
}

function decode(text: string): string | undefined {
  const bytes = percentDecoded(text);
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function encode(bytes: Buffer, keepSlash: boolean): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    const kept = UNRESERVED.test(character) || (keepSlash && character === '/');
    text += kept ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** In a query `+` is a space, as in a form. */
function parametersOf(search: string): Record<string, string | string[]> {
  const parameters = new Map<string, string | string[]>();
  for (const pair of search.split('&')) {
    if (pair === '') continue;
    const [name = '', value = ''] = pair
      .split(/=(.*)/s)
      .map((part) => decode(part.replaceAll('+', ' ')) ?? part);
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(parameters);
}

/** Enough for the body of any request about a bucket itself. */
const MAX_BODY_BYTES = 65_536;

/** Throws MalformedXML for a body that is longer than any of these requests'. */
export async function bodyText({ http }: S3Request): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of http as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) > MAX_BODY_BYTES)
      throw new S3Error('MalformedXML');
  }
  return Buffer.concat(chunks).toString();
}
