// Parses an S3 request from the raw request line, because a URL library would normalize keys.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.ts';
import type { ExchangeIds } from './s3-error.ts';

export interface S3Request extends ExchangeIds {
  readonly http: IncomingMessage;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The bucket's name; the empty string for ListBuckets. */
  readonly bucket: string;
  /** The object's key; the empty string for a bucket-level request. */
  readonly key: string;
  /** The query parameters; if a parameter is repeated, its first value. */
  readonly query: ReadonlyMap<string, string>;
  /** All query parameters and values that the signature covers. */
  readonly signedQuery: Readonly<Record<string, string | string[]>>;
  /** The canonical paths that a signer may have used. */
  readonly canonicalPaths: readonly string[];
  /** Whether the path is not valid UTF-8, or has an invalid percent-encoding. */
  readonly badPath: boolean;
}

/** Characters that SigV4 leaves unencoded. In canonical paths, every other byte is percent-encoded once. */
const UNRESERVED = /[A-Za-z0-9._~-]/;

/** Matches the host names of buckets without dots in their names, in the default partition. */
const BUCKET_HOST = /^([a-z0-9-]{3,63})\.s3\.[a-z0-9-]+\.amazonaws\.com$/;

/** @returns the bucket in the host name of a virtual-hosted-style request; undefined for a path-style request */
export const bucketOfHost = (host: string): string | undefined => BUCKET_HOST.exec(host)?.[1];

export function readRequest(http: IncomingMessage): S3Request {
  const [rawPath = '/', search = ''] = (http.url ?? '/').split(/\?(.*)/s);
  const hostBucket = bucketOfHost(http.headers.host ?? '');
  const [, rawBucket = '', rawKey = ''] =
    hostBucket === undefined
      ? (/^\/([^/]*)\/?(.*)$/s.exec(rawPath) ?? [])
      : [rawPath, hostBucket, rawPath.slice(1)];
  const bucket = decode(rawBucket);
  const key = decode(rawKey);
  const signedQuery = parametersOf(search);
  const canonical = encode(percentDecoded(rawPath) ?? Buffer.from(rawPath), true);
  // An additional canonical path, because some clients encode and sign a key's slashes as %2F.
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

/** Decodes percent-encoding into bytes, and leaves `+` unchanged. */
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

/** Parses a query, in which `+` means a space. */
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

/** The size limit of a body, which is large enough for any bucket-level request. */
const MAX_BODY_BYTES = 65_536;

/** Throws MalformedXML for a body that is too long. */
export async function bodyText({ http }: S3Request): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of http as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) > MAX_BODY_BYTES)
      throw new S3Error('MalformedXML');
  }
  return Buffer.concat(chunks).toString();
}
