// Sends requests to S3 that test a grant, in a session that may do only what the grant allows.
import { randomUUID } from 'node:crypto';
import type { Bucket, Grant, ReadAction } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { RoleCredentials } from '../federation/credentials.ts';
import { createCancellation } from '../runtime/cancellation.ts';
import { readListPage } from '../s3/list-page.ts';
import { operationOn } from '../s3/operation.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { sampleRequest } from '../s3/sample-request.ts';
import { isS3Error } from '../s3/read.ts';
import type { Read } from '../s3/read.ts';
import { headerOf } from '../http1/exchange.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';

/** A successful response, of which only the KMS key is kept. */
export interface ObjectResponse {
  readonly kmsKey?: string;
}

/** Each method throws Fault s3_…, including s3_credentials_rejected and s3_redirect_failed. */
export interface BucketChecks {
  /** @returns a key below the grant's prefix, preferably a readable one; undefined if there is none */
  firstKey(): Promise<string | undefined | S3Error>;
  /** Reads the object's first byte. */
  firstByte(key: string): Promise<ObjectResponse | S3Error>;
  /** Tests an action on an object, such as reading its tags. `get` is tested by `firstByte`. */
  word(word: Exclude<ReadAction, 'get' | 'list'>, key: string): Promise<ObjectResponse | S3Error>;
  /** Reads a nonexistent key within the grant. */
  missing(): Promise<ObjectResponse | S3Error>;
  /** Reads a nonexistent key outside the grant's prefix. */
  readOutside(): Promise<ObjectResponse | S3Error>;
  /** Lists a nonexistent prefix outside the grant's prefix. */
  listOutside(): Promise<ObjectResponse | S3Error>;
}

const KMS_KEY_HEADER = 'x-amz-server-side-encryption-aws-kms-key-id';
/** The header that names the attributes to read. S3 requires at least one attribute (S3 API Reference, GetObjectAttributes). */
const ATTRIBUTES = [['x-amz-object-attributes', 'ObjectSize']] as const;
/**
 * How many keys to list in search of a readable object. Folder markers are empty, and objects may be archived, but at least one
 * of the first twenty objects is almost always readable.
 */
const KEYS = '20';
const ARCHIVED = ['GLACIER', 'DEEP_ARCHIVE'];

export function bucketChecks(
  read: Read,
  session: { readonly bucket: Bucket; readonly grant: Grant; readonly credentials: RoleCredentials },
): BucketChecks {
  const { bucket, grant, credentials } = session;
  const { scope } = grant;
  const s3Session = {
    roleName: bucket.role.name,
    credentials: () => credentials,
    replace: () => undefined,
  };
  const unusedName = `fedbridge-doctor-${randomUUID()}`;
  const request = (
    operation: ObjectRead,
    headers: readonly string[] = [],
    amzHeaders: readonly (readonly [string, string])[] = [],
  ): Promise<UpstreamResponse | S3Error> =>
    read(bucket, operation, s3Session, {
      headers,
      amzHeaders,
      cancellation: createCancellation(),
      caller: unusedName,
      requestId: unusedName,
    });
  const firstByte = async (key: string): Promise<ObjectResponse | S3Error> => {
    const response = await request(sampleRequest('get', bucket.name, key), ['range', 'bytes=0-0']);
    // An empty object has no first byte, but is readable.
    if (isS3Error(response)) return response.status === 416 ? {} : response;
    const kmsKey = headerOf(response.headers, KMS_KEY_HEADER);
    await drain(response);
    return kmsKey === undefined ? {} : { kmsKey };
  };
  const prefix = scope.kind === 'prefix' ? scope.prefix : '';
  return {
    firstByte,
    firstKey: async () => {
      const response = await request(listOf(bucket.name, prefix));
      if (isS3Error(response)) return response;
      const { objects } = await readListPage(response);
      const readable = objects.filter(({ storageClass }) => !ARCHIVED.includes(storageClass));
      return (readable.find(({ size }) => size > 0) ?? readable[0] ?? objects[0])?.key;
    },
    word: async (word, key) => {
      const response = await request(
        sampleRequest(word, bucket.name, key),
        [],
        word === 'attributes' ? ATTRIBUTES : [],
      );
      if (isS3Error(response)) return response;
      await drain(response);
      return {};
    },
    missing: () => firstByte(`${prefix}${unusedName}`),
    readOutside: () => firstByte(unusedName),
    listOutside: async () => {
      const response = await request(listOf(bucket.name, `${unusedName}/`));
      if (isS3Error(response)) return response;
      await readListPage(response);
      return {};
    },
  };
}

function listOf(bucket: string, prefix: string): ObjectRead {
  const query = { 'list-type': '2', 'max-keys': KEYS, 'encoding-type': 'url', prefix };
  const operation = operationOn({ bucket, key: '' }, 'GET', new Map(Object.entries(query)));
  if (!('actions' in operation)) throw new Error('the list request was not parsed as a read');
  return operation;
}

function drain(response: UpstreamResponse): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  response.pipe({
    write: () => true,
    end: () => {
      resolve(undefined);
    },
    fail: () => {
      reject(new Fault('s3_unreachable', { error: 'cut' }));
    },
  });
  return promise;
}
