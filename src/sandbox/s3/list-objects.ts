// ListObjectsV2 and ListObjects: parses the parameters, selects a page, and writes S3's XML.
import type { SandboxResponse } from '../response.ts';
import { listContext } from './access.ts';
import { listingResponse, listingOf, objectEntry, prefixEntry, shared, type Listing } from './listing.ts';
import { pageOf, type Page } from './page.ts';
import type { ObjectRead } from './read-object.ts';
import { S3Error } from './s3-error.ts';

export async function listObjectsV2(read: ObjectRead): Promise<SandboxResponse> {
  const { request, bucket, principal, access } = read;
  access.require(principal, 's3:ListBucket', request, listContext(request));
  const listing = listingOf(read);
  const { query } = request;
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const after = token === undefined ? (startAfter ?? '') : fromToken(token);
  const page = pageOf(await bucket.keys(), { ...listing, after });
  const last = page.entries.at(-1)?.text ?? '';
  const contents = await contentsOf(read, page, listing, query.get('fetch-owner') === 'true');
  const prefixes = prefixesOf(page, listing);
  return listingResponse(read, 'ListBucketResult', {
    Name: bucket.name,
    Prefix: listing.show(listing.prefix),
    StartAfter: startAfter === undefined ? undefined : listing.show(startAfter),
    ContinuationToken: token,
    NextContinuationToken: page.truncated ? toToken(last) : undefined,
    KeyCount: contents.length + prefixes.length,
    ...shared(listing, page.truncated),
    Contents: contents,
    CommonPrefixes: prefixes,
  });
}

export async function listObjectsV1(read: ObjectRead): Promise<SandboxResponse> {
  const { request, bucket, principal, access } = read;
  access.require(principal, 's3:ListBucket', request, listContext(request));
  const listing = listingOf(read);
  const marker = request.query.get('marker') ?? '';
  const page = pageOf(await bucket.keys(), { ...listing, after: marker });
  const last = page.entries.at(-1)?.text ?? '';
  return listingResponse(read, 'ListBucketResult', {
    Name: bucket.name,
    Prefix: listing.show(listing.prefix),
    Marker: listing.show(marker),
    // As in S3, NextMarker is present only if the request has a delimiter; otherwise clients continue from the last key.
    NextMarker: page.truncated && listing.delimiter !== '' ? listing.show(last) : undefined,
    ...shared(listing, page.truncated),
    Contents: await contentsOf(read, page, listing, true),
    CommonPrefixes: prefixesOf(page, listing),
  });
}

function prefixesOf(page: Page, listing: Listing): unknown[] {
  return page.entries.filter(({ kind }) => kind === 'prefix').map(({ text }) => prefixEntry(text, listing));
}

/** Omits objects that were deleted after the page's keys were selected. */
async function contentsOf(
  { bucket }: ObjectRead,
  page: Page,
  listing: Listing,
  owner: boolean,
): Promise<unknown[]> {
  const keys = page.entries.filter(({ kind }) => kind === 'key');
  const found = await Promise.all(keys.map(({ text }) => bucket.find(text)));
  return found.flatMap((version) =>
    version?.kind === 'object' ? [objectEntry(version, listing, { owner })] : [],
  );
}

/**
 * The beginning of each decoded token, which prevents clients from using encoded keys as tokens. As in S3, tokens contain
 * characters that clients must escape in a query.
 */
const TOKEN_MARK = '1~';

function toToken(last: string): string {
  return Buffer.from(TOKEN_MARK + last)
    .toString('base64')
    .replace(/=*$/, '==');
}

function fromToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString();
  if (text.startsWith(TOKEN_MARK) && toToken(text.slice(TOKEN_MARK.length)) === token)
    return text.slice(TOKEN_MARK.length);
  throw new S3Error('InvalidArgument', {
    message: 'The continuation token provided is incorrect',
    elements: { ArgumentName: 'continuation-token' },
  });
}
