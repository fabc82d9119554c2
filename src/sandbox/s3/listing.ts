// Parses the common parameters of ListObjects, ListObjectsV2 and ListObjectVersions, and formats keys, objects and prefixes.
import type { SandboxResponse } from '../response.ts';
import { xml, type Elements } from '../xml.ts';
import { idHeaders, S3Error } from './s3-error.ts';
import type { StoredObject } from './objects.ts';
import { XML_NAMESPACE, type ObjectRead } from './read-object.ts';

export const MOST_KEYS = 1_000;
const LARGEST_INTEGER = 2_147_483_647;
/** The canonical user ID of the user who owns all listed objects. */
export const OWNER = { ID: '75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a' };

export interface Listing {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  /** URL-encodes a key or prefix if the request has `encoding-type=url`. */
  readonly show: (text: string) => string;
  readonly encodingType: string | undefined;
}

/** Encodes like S3: application/x-www-form-urlencoded, but with unescaped slashes. */
function urlEncoded(text: string): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()~]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return encoded.replaceAll('%20', '+').replaceAll('%2F', '/');
}

/** Throws S3's InvalidArgument for invalid parameters. */
export function listingOf({ request: { query } }: ObjectRead): Listing {
  const encodingType = query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url') {
    throw new S3Error('InvalidArgument', {
      message: 'Invalid Encoding Method specified in Request',
      elements: { ArgumentName: 'encoding-type', ArgumentValue: encodingType },
    });
  }
  const text = query.get('max-keys') ?? String(MOST_KEYS);
  const maxKeys = Number(text);
  if (!/^-?\d+$/.test(text) || maxKeys < 0 || maxKeys > LARGEST_INTEGER) {
    throw new S3Error('InvalidArgument', {
      message: /^-?\d+$/.test(text)
        ? `Argument maxKeys must be an integer between 0 and ${LARGEST_INTEGER}`
        : 'Provided max-keys not an integer or within integer range',
      elements: { ArgumentName: 'max-keys', ArgumentValue: text },
    });
  }
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: Math.min(maxKeys, MOST_KEYS),
    show: encodingType === 'url' ? urlEncoded : (key) => key,
    encodingType,
  };
}

/** Returns the XML elements that are common to all three list operations. */
export function shared(listing: Listing, truncated: boolean): Record<string, unknown> {
  return {
    MaxKeys: listing.maxKeys,
    Delimiter: listing.delimiter === '' ? undefined : listing.show(listing.delimiter),
    EncodingType: listing.encodingType,
    IsTruncated: truncated,
  };
}

export const iso = (milliseconds: number) => new Date(Math.floor(milliseconds / 1000) * 1000).toISOString();

export function objectEntry(
  object: StoredObject,
  { show }: Listing,
  { owner }: { owner: boolean },
): Record<string, unknown> {
  const [checksum] = Object.keys(object.checksums);
  return {
    Key: show(object.key),
    LastModified: iso(object.modified),
    ETag: object.etag,
    ChecksumAlgorithm: checksum?.replace('x-amz-checksum-', '').toUpperCase(),
    ChecksumType: checksum === undefined ? undefined : 'FULL_OBJECT',
    Size: object.size,
    Owner: owner ? OWNER : undefined,
    StorageClass: 'STANDARD',
  };
}

export const prefixEntry = (text: string, { show }: Listing) => ({ Prefix: show(text) });

export function listingResponse(
  { request, bucket }: ObjectRead,
  root: string,
  content: Elements,
): SandboxResponse {
  return {
    status: 200,
    headers: {
      ...idHeaders(request),
      'content-type': 'application/xml',
      'x-amz-bucket-region': bucket.region,
    },
    body: Buffer.from(xml(root, content, XML_NAMESPACE)),
  };
}
