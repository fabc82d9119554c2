// Serves GetObject, HeadObject, GetObjectTagging and GetObjectAttributes.
import type { SandboxResponse } from '../response.ts';
import type { Principal } from '../iam/credentials.ts';
import { xml, type Elements } from '../xml.ts';
import type { Access } from './access.ts';
import { checkConditions } from './conditions.ts';
import type { Encryption } from './encryption.ts';
import type { Bucket, StoredObject, Version } from './objects.ts';
import { partOf, rangeOf, type ByteRange } from './range.ts';
import type { S3Request } from './request.ts';
import { overridesOf } from './response-overrides.ts';
import { idHeaders, S3Error } from './s3-error.ts';

export interface ObjectRead {
  readonly request: S3Request;
  readonly bucket: Bucket;
  readonly principal: Principal;
  readonly access: Access;
  readonly encryption: Encryption;
}

export const XML_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export async function readObject(read: ObjectRead): Promise<SandboxResponse> {
  const { request } = read;
  refuseEncryptionHeaders(request);
  const object = await findObject(read, '');
  const { query, headers } = request;
  const own = objectHeaders(read, object);
  try {
    checkConditions(headers, object);
  } catch (error) {
    if (!(error instanceof S3Error) || error.status !== 304) throw error;
    throw new S3Error('NotModified', {
      headers: { etag: own['etag'] ?? '', 'last-modified': own['last-modified'] ?? '' },
    });
  }
  const range = requestedRange(request, object.size);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const partial: Record<string, string> = range
    ? { 'content-range': `bytes ${start}-${end}/${object.size}` }
    : {};
  const checked = headers['x-amz-checksum-mode']?.toString().toUpperCase() === 'ENABLED' && !range;
  // A HEAD response without checksums needs no permission to decrypt.
  if (request.method !== 'HEAD' || checked)
    read.encryption.require(object.headers, { ...read, action: 'kms:Decrypt' });
  const whole = {
    ...idHeaders(request),
    ...own,
    ...(range ? {} : overridesOf(query)),
    ...(checked ? checksumHeaders(object) : {}),
    ...partial,
    'content-length': String(end - start + 1),
  };
  const body = request.method === 'HEAD' || object.size === 0 ? undefined : await object.open(start, end);
  return { status: range ? 206 : 200, headers: whole, body };
}

export async function readTags(read: ObjectRead): Promise<SandboxResponse> {
  const object = await findObject(read, 'Tagging');
  const tags = object.tags.map(([Key, Value]) => ({ Key, Value }));
  return xmlResponse(read, object, 'Tagging', { TagSet: { Tag: tags } });
}

export async function readAttributes(read: ObjectRead): Promise<SandboxResponse> {
  const object = await findObject(read, 'Attributes');
  const wanted = new Set(String(read.request.headers['x-amz-object-attributes'] ?? '').split(/\s*,\s*/));
  if (wanted.has('')) {
    throw new S3Error('InvalidRequest', {
      message:
        'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
    });
  }
  const checksum = Object.entries(checksumHeaders(object)).map(([name, value]) => {
    const algorithm = name.replace('x-amz-checksum-', '');
    return [algorithm === 'type' ? 'ChecksumType' : `Checksum${algorithm.toUpperCase()}`, value];
  });
  return xmlResponse(read, object, 'GetObjectAttributesResponse', {
    ETag: wanted.has('ETag') ? object.etag.replaceAll('"', '') : undefined,
    Checksum: wanted.has('Checksum') && checksum.length > 0 ? Object.fromEntries(checksum) : undefined,
    StorageClass: wanted.has('StorageClass') ? 'STANDARD' : undefined,
    ObjectSize: wanted.has('ObjectSize') ? object.size : undefined,
  });
}

function xmlResponse(
  read: ObjectRead,
  object: StoredObject,
  root: string,
  content: Elements,
): SandboxResponse {
  const { 'x-amz-version-id': version, 'last-modified': modified = '' } = objectHeaders(read, object);
  return {
    status: 200,
    headers: {
      ...idHeaders(read.request),
      'content-type': 'application/xml',
      'last-modified': modified,
      ...(version === undefined ? {} : { 'x-amz-version-id': version }),
    },
    body: Buffer.from(xml(root, content, XML_NAMESPACE)),
  };
}

/** Checks the permission to read first. Reports a missing key as NoSuchKey only to callers that may list the bucket. */
async function findObject(
  { request, bucket, principal, access }: ObjectRead,
  subresource: string,
): Promise<StoredObject> {
  const versionId = request.query.get('versionId');
  const version = versionId === undefined ? '' : 'Version';
  access.require(principal, `s3:GetObject${version}${subresource}`, request);
  if (subresource === 'Attributes') access.require(principal, `s3:GetObject${version}`, request);
  if (versionId === '')
    throw new S3Error('InvalidArgument', { message: 'Version id cannot be the empty string' });
  const found = await bucket.find(request.key, versionId);
  if (found?.kind === 'object') return found;
  const context = { 's3:prefix': request.key };
  const action = versionId === undefined ? 's3:ListBucket' : 's3:ListBucketVersions';
  // A key whose latest version is a delete marker is treated as missing.
  if (!found || versionId === undefined) access.require(principal, action, request, context);
  throw missing(request, found, versionId);
}

function missing(request: S3Request, found: Version | undefined, versionId: string | undefined): S3Error {
  const elements = { Key: request.key };
  if (!found) {
    return versionId === undefined
      ? new S3Error('NoSuchKey', { elements })
      : new S3Error('NoSuchVersion', { elements: { ...elements, VersionId: versionId } });
  }
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': found.versionId };
  if (versionId === undefined) return new S3Error('NoSuchKey', { elements, headers });
  const modified = new Date(found.modified).toUTCString();
  return new S3Error('MethodNotAllowed', {
    elements: { Method: request.method, ResourceType: 'DeleteMarker' },
    headers: { ...headers, 'last-modified': modified, allow: 'DELETE' },
  });
}

function objectHeaders({ bucket }: ObjectRead, object: StoredObject): Record<string, string> {
  return {
    'last-modified': new Date(object.modified).toUTCString(),
    etag: object.etag,
    'accept-ranges': 'bytes',
    'x-amz-server-side-encryption': 'AES256',
    ...object.headers,
    ...(bucket.versioning() === 'never' ? {} : { 'x-amz-version-id': object.versionId }),
    ...(object.tags.length > 0 ? { 'x-amz-tagging-count': String(object.tags.length) } : {}),
  };
}

const checksumHeaders = ({ checksums }: StoredObject): Record<string, string> =>
  Object.keys(checksums).length > 0 ? { 'x-amz-checksum-type': 'FULL_OBJECT', ...checksums } : {};

function requestedRange({ query, headers }: S3Request, size: number): ByteRange | undefined {
  const partNumber = query.get('partNumber');
  if (partNumber === undefined) return rangeOf(headers.range, size);
  if (headers.range !== undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Cannot specify both Range header and partNumber query parameter',
    });
  }
  return partOf(partNumber, size);
}

function refuseEncryptionHeaders({ headers }: S3Request): void {
  const sse = headers['x-amz-server-side-encryption'];
  const customer = headers['x-amz-server-side-encryption-customer-algorithm'];
  if (sse !== undefined) {
    throw new S3Error('InvalidArgument', {
      message: 'x-amz-server-side-encryption header is not supported for this operation.',
      elements: { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: sse },
    });
  }
  if (customer !== undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'The encryption parameters are not applicable to this object.',
    });
  }
}
