// Writes one page of a ListBuckets response, according to the request's parameters (S3 API Reference, ListBuckets).
import type { Bucket } from '../../config/types.ts';
import { Fault } from '../../errors/fault.ts';
import { isBucketName } from '../../s3/target.ts';
import { escapeXml, S3_NAMESPACE } from './document.ts';

/** S3's maximum page size, which is also the default. */
const MAX_BUCKETS = 10_000;

/**
 * @param options.since the date to send as each bucket's CreationDate, because the actual date is unknown
 * @returns the root element of the XML document
 * @throws Fault parameter_invalid
 */
export function bucketList(
  buckets: readonly Bucket[],
  parameters: ReadonlyMap<string, string>,
  { regionOf, since }: { readonly regionOf: (bucket: Bucket) => string; readonly since: Date },
): string {
  const prefix = parameters.get('prefix');
  const region = parameters.get('bucket-region');
  const size = pageSize(parameters.get('max-buckets'));
  const after = lastNameOf(parameters.get('continuation-token'));
  const found = buckets
    .filter(({ name }) => name > after && name.startsWith(prefix ?? ''))
    .filter((bucket) => region === undefined || regionOf(bucket) === region)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = found.slice(0, size);
  const entries = page.map((bucket) =>
    element('Bucket', [
      element('Name', [escapeXml(bucket.name)]),
      element('CreationDate', [since.toISOString()]),
      // S3 returns BucketRegion only if the request has at least one parameter.
      ...(parameters.size === 0 ? [] : [element('BucketRegion', [escapeXml(regionOf(bucket))])]),
    ]),
  );
  const last = page.length < found.length ? page.at(-1) : undefined;
  const inner = [
    element('Buckets', entries),
    ...(last === undefined ? [] : [element('ContinuationToken', [tokenAfter(last.name)])]),
    ...(prefix === undefined ? [] : [element('Prefix', [escapeXml(prefix)])]),
  ];
  return `<ListAllMyBucketsResult ${S3_NAMESPACE}>${inner.join('')}</ListAllMyBucketsResult>`;
}

const element = (name: string, inner: readonly string[]): string => `<${name}>${inner.join('')}</${name}>`;

function pageSize(text = String(MAX_BUCKETS)): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= MAX_BUCKETS) return Number(text);
  throw new Fault('parameter_invalid', {
    parameter: 'max-buckets',
    rule: `must be a whole number from 1 to ${MAX_BUCKETS}`,
  });
}

const tokenAfter = (name: string): string => Buffer.from(name).toString('base64url');

/** @returns the last bucket name on the previous page, even if that bucket no longer exists; '' for the first page */
function lastNameOf(token: string | undefined): string {
  if (token === undefined) return '';
  const name = Buffer.from(token, 'base64url').toString();
  if (isBucketName(name) && tokenAfter(name) === token) return name;
  throw new Fault('parameter_invalid', {
    parameter: 'continuation-token',
    rule: 'must be the ContinuationToken from an earlier page of this list',
  });
}
