// Signs S3 reads with AWS Signature Version 4 (AWS IAM user guide, "Create a signed AWS API request"). For S3, the path is
// escaped once and never normalized.
import { createHmac, hash } from 'node:crypto';

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface ReadToSign {
  readonly method: 'GET' | 'HEAD';
  readonly host: string;
  readonly region: string;
  /** The escaped path, exactly as sent. */
  readonly path: string;
  /** The escaped and sorted query, exactly as sent. */
  readonly query: string;
  /** The `x-amz-…` headers to sign, except those that the signer adds. The names are in lower case. */
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
}

/** The SHA-256 of an empty body. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * The maximum number of cached signing keys. There is one for each day, region and secret access key, and secret access keys are
 * renewed about hourly.
 */
const MAX_SIGNING_KEYS = 10_000;

export type Sign = (read: ReadToSign, credentials: SigningCredentials, now: number) => string[];

/** @returns a function that returns the headers to send, as alternating names and values with `host` first */
export function createSigner(): Sign {
  const macs = new Map<string, Mac>();
  let second = 0;
  let date = '';

  const cachedMac = (day: string, region: string, secret: string): Mac => {
    const id = `${day}/${region}/${secret}`;
    let mac = macs.get(id);
    if (mac === undefined) {
      mac = macWith(signingKey(day, region, secret));
      // Most signing keys belong to old credentials and are never used again. Clearing the map is cheap: for each key that is
      // still in use, four hashes must be computed again.
      if (macs.size >= MAX_SIGNING_KEYS) macs.clear();
      macs.set(id, mac);
    }
    return mac;
  };

  return (read, credentials, now) => {
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      date = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    }
    const day = date.slice(0, 8);
    const signed = sortedHeaders(read, credentials.sessionToken, date);
    const { canonical, names } = canonicalRequest(read, signed);
    const scope = `${day}/${read.region}/s3/aws4_request`;
    const mac = cachedMac(day, read.region, credentials.secretAccessKey);
    const signature = signatureOf(canonical, { date, scope, mac });
    signed.push(
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    );
    return signed;
  };
}

/** @param signed alternating names and values, sorted by name; the names are in lower case */
export function canonicalRequest(
  { method, path, query }: Pick<ReadToSign, 'method' | 'path' | 'query'>,
  signed: readonly string[],
): { readonly canonical: string; readonly names: string } {
  let canonical = `${method}\n${path}\n${query}\n`;
  let names = '';
  for (let i = 0; i < signed.length; i += 2) {
    const name = signed[i] ?? '';
    canonical += `${name}:${signed[i + 1] ?? ''}\n`;
    names += names === '' ? name : `;${name}`;
  }
  return { canonical: `${canonical}\n${names}\n${EMPTY_SHA256}`, names };
}

export function signingKey(day: string, region: string, secret: string): Buffer {
  return [region, 's3', 'aws4_request'].reduce(hmac, hmac(Buffer.from(`AWS4${secret}`), day));
}

export function signatureOf(
  canonical: string,
  { date, scope, mac }: { readonly date: string; readonly scope: string; readonly mac: Mac },
): string {
  return mac(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash('sha256', canonical, 'hex')}`);
}

/** Returns an ASCII text's MAC in hexadecimal. */
export type Mac = (text: string) => string;

/** The block size and the digest size of SHA-256, in bytes. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * Computes HMAC-SHA256 (RFC 2104) with one key, whose padded forms are cached. Measured: two hashes of preallocated memory take
 * 1.9 µs; `createHmac` takes 3.0 µs.
 * @param key at most one block long
 */
export function macWith(key: Buffer): Mac {
  let inner = padded(key, 0x36, BLOCK_BYTES);
  const outer = padded(key, 0x5c, BLOCK_BYTES + DIGEST_BYTES);
  return (text) => {
    // The buffer seldom has to be replaced: each key belongs to one region and day, so all texts that are signed with the key
    // have the same length.
    if (inner.length !== BLOCK_BYTES + text.length) {
      inner = Buffer.concat([inner.subarray(0, BLOCK_BYTES)], BLOCK_BYTES + text.length);
    }
    inner.write(text, BLOCK_BYTES, 'latin1');
    outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', outer, 'hex');
  };
}

function padded(key: Buffer, pad: number, bytes: number): Buffer {
  const block = Buffer.alloc(bytes);
  for (let i = 0; i < BLOCK_BYTES; i += 1) block[i] = (key[i] ?? 0) ^ pad;
  return block;
}

/** @returns alternating names and values, sorted by name */
function sortedHeaders({ host, amzHeaders }: ReadToSign, sessionToken: string, date: string): string[] {
  if (amzHeaders.length === 0) {
    const usual = ['host', host, 'x-amz-content-sha256', EMPTY_SHA256, 'x-amz-date', date];
    usual.push('x-amz-security-token', sessionToken);
    return usual;
  }
  const pairs: (readonly [string, string])[] = [
    ['host', host],
    ['x-amz-content-sha256', EMPTY_SHA256],
    ['x-amz-date', date],
    ['x-amz-security-token', sessionToken],
    ...amzHeaders,
  ];
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1)).flat();
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
