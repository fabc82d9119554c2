// Serves ListObjectVersions: all versions and delete markers of each key, newest first.
import type { SandboxResponse } from '../response.ts';
import { listContext } from './access.ts';
import { S3Error } from './s3-error.ts';
import {
  iso,
  listingResponse,
  listingOf,
  MOST_KEYS,
  objectEntry,
  OWNER,
  prefixEntry,
  shared,
  type Listing,
} from './listing.ts';
import type { Version } from './objects.ts';
import { pageOf } from './page.ts';
import type { ObjectRead } from './read-object.ts';

type Shown = { readonly version: Version; readonly latest: boolean } | { readonly prefix: string };

export async function listObjectVersions(read: ObjectRead): Promise<SandboxResponse> {
  const { request, bucket, principal, access } = read;
  access.require(principal, 's3:ListBucketVersions', request, listContext(request));
  const listing = listingOf(read);
  const keyMarker = request.query.get('key-marker') ?? '';
  const versionMarker = request.query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && keyMarker === '') {
    throw new S3Error('InvalidArgument', {
      message: 'A version-id marker cannot be specified without a key marker.',
    });
  }
  const { shown, truncated } = await select(read, listing, keyMarker, versionMarker);
  const last = shown.at(-1);
  const head = {
    Name: bucket.name,
    Prefix: listing.show(listing.prefix),
    KeyMarker: listing.show(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker:
      truncated && last ? listing.show('prefix' in last ? last.prefix : last.version.key) : undefined,
    NextVersionIdMarker: truncated && last && 'version' in last ? last.version.versionId : undefined,
    ...shared(listing, truncated),
  };
  return listingResponse(read, 'ListVersionsResult', [
    ...Object.entries(head),
    ...shown.map((one): [string, unknown] => entry(one, listing)),
  ]);
}

async function select(
  { bucket }: ObjectRead,
  listing: Listing,
  keyMarker: string,
  versionMarker: string,
): Promise<{ shown: Shown[]; truncated: boolean }> {
  if (listing.maxKeys === 0) return { shown: [], truncated: false };
  const marked = versionMarker === '' ? [] : await bucket.history(keyMarker);
  const older = marked.slice(marked.findIndex(({ versionId }) => versionId === versionMarker) + 1);
  const page = pageOf(await bucket.versionedKeys(), { ...listing, after: keyMarker, maxKeys: MOST_KEYS });
  const following = await Promise.all(
    page.entries.map(async ({ kind, text }): Promise<Shown[]> => {
      if (kind === 'prefix') return [{ prefix: text }];
      return (await bucket.history(text)).map((version, index) => ({ version, latest: index === 0 }));
    }),
  );
  const all = [...older.map((version) => ({ version, latest: false })), ...following.flat()];
  return { shown: all.slice(0, listing.maxKeys), truncated: page.truncated || all.length > listing.maxKeys };
}

function entry(one: Shown, listing: Listing): [string, unknown] {
  if ('prefix' in one) return ['CommonPrefixes', prefixEntry(one.prefix, listing)];
  const { version, latest } = one;
  const named = { Key: listing.show(version.key), VersionId: version.versionId, IsLatest: latest };
  return version.kind === 'object'
    ? ['Version', { ...named, ...objectEntry(version, listing, { owner: true }) }]
    : ['DeleteMarker', { ...named, LastModified: iso(version.modified), Owner: OWNER }];
}
