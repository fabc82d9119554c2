// Stores the sandbox's buckets, and serves CreateBucket, DeleteBucket, HeadBucket, GetBucketLocation and ListBuckets.
import { ACCOUNT_ID } from '../iam/roles.ts';
import type { SandboxResponse } from '../response.ts';
import { xml } from '../xml.ts';
import { idHeaders, S3Error } from './s3-error.ts';
import { iso, OWNER } from './listing.ts';
import type { Bucket } from './objects.ts';
import { XML_NAMESPACE } from './read-object.ts';
import { bodyText } from './request.ts';
import type { S3Request } from './request.ts';
import { createStoredBucket } from './stored-bucket.ts';
import { writerOf } from './write-object.ts';

export interface Buckets {
  find(name: string): Bucket | undefined;
  add(bucket: Bucket): void;
  remove(name: string): void;
  /** Returns all buckets, sorted by name. */
  list(): readonly Bucket[];
}

const NAME = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export function createBuckets(): Buckets {
  const buckets = new Map<string, Bucket>();
  return {
    find: (name) => buckets.get(name),
    add: (bucket) => void buckets.set(bucket.name, bucket),
    remove: (name) => void buckets.delete(name),
    list: () => [...buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const xmlResponse = (request: S3Request, text: string): SandboxResponse => ({
  status: 200,
  headers: { ...idHeaders(request), 'content-type': 'application/xml' },
  body: Buffer.from(text),
});

/** Creates a bucket in the region that the body's `LocationConstraint` names; the default is the sandbox's region. */
export async function createBucket(
  request: S3Request,
  buckets: Buckets,
  home: string,
  now: number,
): Promise<SandboxResponse> {
  const { bucket: name } = request;
  if (!NAME.test(name)) throw new S3Error('InvalidBucketName', { elements: { BucketName: name } });
  if (buckets.find(name)) throw new S3Error('BucketAlreadyOwnedByYou', { elements: { BucketName: name } });
  const constraint = elementOf(await bodyText(request), 'LocationConstraint');
  const region = constraint === 'EU' ? 'eu-west-1' : (constraint ?? home);
  buckets.add(createStoredBucket({ name, region, owner: ACCOUNT_ID, created: now }));
  return { status: 200, headers: { ...idHeaders(request), location: `/${name}` }, body: Buffer.alloc(0) };
}

export async function deleteBucket(
  request: S3Request,
  buckets: Buckets,
  bucket: Bucket,
): Promise<SandboxResponse> {
  writerOf(bucket, request);
  if ((await bucket.versionedKeys()).length > 0)
    throw new S3Error('BucketNotEmpty', { elements: { BucketName: bucket.name } });
  buckets.remove(bucket.name);
  return { status: 204, headers: idHeaders(request) };
}

export async function putVersioning(request: S3Request, bucket: Bucket): Promise<SandboxResponse> {
  const writer = writerOf(bucket, request);
  const status = elementOf(await bodyText(request), 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML');
  writer.setVersioning(status);
  return { status: 200, headers: idHeaders(request), body: Buffer.alloc(0) };
}

export function getVersioning(request: S3Request, bucket: Bucket): SandboxResponse {
  const status = bucket.versioning();
  return xmlResponse(
    request,
    xml('VersioningConfiguration', { Status: status === 'never' ? undefined : status }, XML_NAMESPACE),
  );
}

export function headBucket(request: S3Request, bucket: Bucket): SandboxResponse {
  return {
    status: 200,
    headers: {
      ...idHeaders(request),
      'content-type': 'application/xml',
      'x-amz-bucket-region': bucket.region,
      'x-amz-bucket-arn': `arn:aws:s3:::${bucket.name}`,
      'x-amz-access-point-alias': 'false',
    },
  };
}

/** For us-east-1, S3 sends an empty `LocationConstraint`. */
export function getLocation(request: S3Request, bucket: Bucket): SandboxResponse {
  const namespace = ` xmlns="${XML_NAMESPACE}"`;
  const location =
    bucket.region === 'us-east-1'
      ? `<LocationConstraint${namespace}/>`
      : `<LocationConstraint${namespace}>${bucket.region}</LocationConstraint>`;
  return xmlResponse(request, `<?xml version="1.0" encoding="UTF-8"?>\n${location}`);
}

/** Supports the parameters `prefix`, `bucket-region`, `max-buckets` and `continuation-token`. */
export function listBuckets(request: S3Request, buckets: Buckets): SandboxResponse {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const region = query.get('bucket-region');
  const after = Buffer.from(query.get('continuation-token') ?? '', 'base64').toString();
  const most = Number(query.get('max-buckets') ?? 10_000);
  const found = buckets
    .list()
    .filter(
      (bucket) =>
        bucket.name.startsWith(prefix) &&
        (region === undefined || bucket.region === region) &&
        bucket.name > after,
    );
  const shown = found.slice(0, most);
  const content = {
    Owner: OWNER,
    Buckets: {
      Bucket: shown.map(({ name, created, region: BucketRegion }) => ({
        Name: name,
        CreationDate: iso(created),
        BucketRegion,
      })),
    },
    Prefix: query.get('prefix'),
    ContinuationToken:
      found.length > most ? Buffer.from(shown.at(-1)?.name ?? '').toString('base64') : undefined,
  };
  return xmlResponse(request, xml('ListAllMyBucketsResult', content, XML_NAMESPACE));
}

const elementOf = (text: string, name: string) =>
  new RegExp(`<${name}[^>]*>\\s*([^<\\s]+)\\s*</${name}>`).exec(text)?.[1];
