// The buckets that there are, and the requests about buckets themselves: create, delete, head, location, list.
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
  /** Sorted by name. */
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

const xmlResponse = (asked: S3Request, text: string): SandboxResponse => ({
  status: 200,
  headers: { ...idHeaders(asked), 'content-type': 'application/xml' },
  body: Buffer.from(text),
});

/** The body names another region by `LocationConstraint`; without one it is the sandbox's own. */
export async function createBucket(
  asked: S3Request,
  buckets: Buckets,
  home: string,
  now: number,
): Promise<SandboxResponse> {
  const { bucket: name } = asked;
  if (!NAME.test(name)) throw new S3Error('InvalidBucketName', { elements: { BucketName: name } });
  if (buckets.find(name)) throw new S3Error('BucketAlreadyOwnedByYou', { elements: { BucketName: name } });
  const constraint = elementOf(await bodyText(asked), 'LocationConstraint');
  const region = constraint === 'EU' ? 'eu-west-1' : (constraint ?? home);
  buckets.add(createStoredBucket({ name, region, created: now }));
  return { status: 200, headers: { ...idHeaders(asked), location: `/${name}` }, body: Buffer.alloc(0) };
}

export async function deleteBucket(
  asked: S3Request,
  buckets: Buckets,
  bucket: Bucket,
): Promise<SandboxResponse> {
  writerOf(bucket, asked);
  if ((await bucket.versionedKeys()).length > 0)
    throw new S3Error('BucketNotEmpty', { elements: { BucketName: bucket.name } });
  buckets.remove(bucket.name);
  return { status: 204, headers: idHeaders(asked) };
}

export async function putVersioning(asked: S3Request, bucket: Bucket): Promise<SandboxResponse> {
  const writer = writerOf(bucket, asked);
  const status = elementOf(await bodyText(asked), 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML');
  writer.setVersioning(status);
  return { status: 200, headers: idHeaders(asked), body: Buffer.alloc(0) };
}

export function getVersioning(asked: S3Request, bucket: Bucket): SandboxResponse {
  const status = bucket.versioning();
  return xmlResponse(
    asked,
    xml('VersioningConfiguration', { Status: status === 'never' ? undefined : status }, XML_NAMESPACE),
  );
}

export function headBucket(asked: S3Request, bucket: Bucket): SandboxResponse {
  return {
    status: 200,
    headers: {
      ...idHeaders(asked),
      'content-type': 'application/xml',
      'x-amz-bucket-region': bucket.region,
      'x-amz-bucket-arn': `arn:aws:s3:::${bucket.name}`,
      'x-amz-access-point-alias': 'false',
    },
  };
}

/** S3 says nothing for us-east-1. */
export function getLocation(asked: S3Request, bucket: Bucket): SandboxResponse {
  const namespace = ` xmlns="${XML_NAMESPACE}"`;
  const location =
    bucket.region === 'us-east-1'
      ? `<LocationConstraint${namespace}/>`
      : `<LocationConstraint${namespace}>${bucket.region}</LocationConstraint>`;
  return xmlResponse(asked, `<?xml version="1.0" encoding="UTF-8"?>\n${location}`);
}

/** `prefix`, `bucket-region`, `max-buckets` and `continuation-token` as S3 has them. */
export function listBuckets(asked: S3Request, buckets: Buckets): SandboxResponse {
  const { query } = asked;
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
  return xmlResponse(asked, xml('ListAllMyBucketsResult', content, XML_NAMESPACE));
}

const elementOf = (text: string, name: string) =>
  new RegExp(`<${name}[^>]*>\\s*([^<\\s]+)\\s*</${name}>`).exec(text)?.[1];
