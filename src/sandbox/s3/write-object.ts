// Serves PutObject and DeleteObject, so that tests and users can change the content of buckets.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SandboxResponse } from '../response.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { idHeaders, S3Error } from './s3-error.ts';
import type { Bucket, BucketWriter } from './objects.ts';
import type { ObjectRead } from './read-object.ts';
import type { S3Request } from './request.ts';
import type { Spool, Spooled } from './spool.ts';

/** The upload headers that are stored with the object and returned with it. */
const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
  'x-amz-storage-class',
];
const CHECKSUM = /^x-amz-checksum-(?!mode$|type$|algorithm$)/;
const MAX_KEY_BYTES = 1024;
const MAX_METADATA_BYTES = 2048;

/** Throws S3's KeyTooLongError. */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES)
    throw new S3Error('KeyTooLongError', { elements: { Size: size, MaxSizeAllowed: MAX_KEY_BYTES } });
}

export function writerOf(bucket: Bucket, request: S3Request): BucketWriter {
  if (bucket.writer) return bucket.writer;
  throw new S3Error('MethodNotAllowed', {
    message: 'This bucket is a read-only view of a directory.',
    elements: { Method: request.method, ResourceType: 'OBJECT' },
    headers: { allow: 'GET, HEAD' },
  });
}

export async function putObject(write: ObjectRead, spool: Spool, now: number): Promise<SandboxResponse> {
  const { request, bucket, encryption } = write;
  const writer = writerOf(bucket, request);
  const { headers } = request;
  if (headers['x-amz-copy-source'] !== undefined) {
    throw new S3Error('NotImplemented', {
      message: 'The sandbox cannot copy objects: PUT the content instead.',
    });
  }
  const encrypted = encryption.headersOf(request, bucket);
  encryption.require(encrypted, { ...write, action: 'kms:GenerateDataKey' });
  const kept = { ...keptHeaders(headers), ...userMetadata(headers), ...encrypted };
  const { spooled, checksums } = await receive(request, spool);
  // Uses a random ETag for an SSE-KMS object, because in S3, such an object's ETag is not the MD5 of its content.
  const tag = Object.keys(encrypted).length > 0 ? randomBytes(spooled.md5.length) : spooled.md5;
  const etag = `"${tag.toString('hex')}"`;
  const tags = [...new URLSearchParams(String(headers['x-amz-tagging'] ?? ''))];
  const { size, open, discard } = spooled;
  const versionId = writer.put({
    key: request.key,
    size,
    etag,
    modified: now,
    headers: kept,
    tags,
    checksums,
    open,
    discard,
  });
  return {
    status: 200,
    headers: {
      ...idHeaders(request),
      etag,
      'x-amz-server-side-encryption': 'AES256',
      ...encrypted,
      ...checksums,
      ...(bucket.versioning() === 'never' ? {} : { 'x-amz-version-id': versionId }),
    },
    body: Buffer.alloc(0),
  };
}

export function deleteObject(request: S3Request, bucket: Bucket, now: number): SandboxResponse {
  const touched = writerOf(bucket, request).remove(request.key, request.query.get('versionId'), now);
  const versioned = bucket.versioning() !== 'never' && touched !== undefined;
  return {
    status: 204,
    headers: {
      ...idHeaders(request),
      ...(versioned ? { 'x-amz-version-id': touched.versionId } : {}),
      ...(touched?.kind === 'marker' ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  };
}

/** Reads the request's body, plain or `aws-chunked`, and verifies its length and checksums. */
async function receive(
  request: S3Request,
  spool: Spool,
): Promise<{ spooled: Spooled; checksums: Record<string, string> }> {
  const { http, headers } = request;
  const stated = String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  const chunked = stated.startsWith('STREAMING-')
    ? decodeAwsChunked(http as AsyncIterable<Buffer>)
    : undefined;
  const length = chunked ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined)
    throw new S3Error('MissingContentLength');
  const spooled = await spool.take(chunked?.body ?? (http as AsyncIterable<Buffer>));
  const given = [...Object.entries(headers), ...(chunked?.trailers ?? [])].filter(([name]) =>
    CHECKSUM.test(name),
  );
  const checksums = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  const problem = problemWith(spooled, { length, stated, checksums, md5: headers['content-md5'] });
  if (!problem) return { spooled, checksums };
  spooled.discard();
  throw problem;
}

interface Statement {
  readonly length: string | string[] | undefined;
  readonly stated: string;
  readonly md5: string | string[] | undefined;
  readonly checksums: Readonly<Record<string, string>>;
}

function problemWith(spooled: Spooled, { length, stated, md5, checksums }: Statement): S3Error | undefined {
  if (length !== undefined && spooled.size !== Number(length)) return new S3Error('IncompleteBody');
  const sha256 = Buffer.from(spooled.checksums['sha256'] ?? '', 'base64').toString('hex');
  if (/^[0-9a-f]{64}$/.test(stated) && stated !== sha256) {
    return new S3Error('XAmzContentSHA256Mismatch', {
      elements: { ClientComputedContentSHA256: stated, S3ComputedContentSHA256: sha256 },
    });
  }
  if (md5 !== undefined && md5 !== spooled.md5.toString('base64')) return new S3Error('BadDigest');
  // Ignores CRC32C and CRC64NVME checksums, which Node cannot compute.
  const wrong = Object.entries(checksums).some(([name, value]) => {
    const actual = spooled.checksums[name.replace(CHECKSUM, '')];
    return actual !== undefined && actual !== value;
  });
  return wrong ? new S3Error('BadDigest') : undefined;
}

function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of KEPT_HEADERS) {
    if (headers[name] !== undefined) kept[name] = String(headers[name]);
  }
  // `aws-chunked` describes only the upload, so S3 does not store it with the object.
  const encodings = (headers['content-encoding'] ?? '')
    .split(/\s*,\s*/)
    .filter((one) => one !== '' && one !== 'aws-chunked');
  if (encodings.length > 0) kept['content-encoding'] = encodings.join(',');
  return kept;
}

/** Returns the `x-amz-meta-*` headers. Like S3, encodes non-ASCII values as in RFC 2047. */
function userMetadata(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  const size = entries.reduce(
    (sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + String(value).length,
    0,
  );
  if (size > MAX_METADATA_BYTES) {
    throw new S3Error('InvalidRequest', {
      message: 'Your metadata headers exceed the maximum allowed metadata size',
    });
  }
  const shown = (value: string) =>
    /^[\t\x20-\x7e]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value, 'latin1').toString('base64')}?=`;
  return Object.fromEntries(entries.map(([name, value]) => [name, shown(String(value))]));
}
