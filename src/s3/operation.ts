// Finds a request's S3 operation and its parameters. Operations that the bridge does not serve are rejected.
import { Fault } from '../errors/fault.ts';
import type { IamAction } from '../policy/iam-actions.ts';
import { BUCKET_LOCATION, LIST_BUCKETS, LIST_ROWS, OBJECT_ROWS, READ } from './operation-table.ts';
import type { Row } from './operation-table.ts';
import { isSubresource } from './subresources.ts';
import { loggable } from './target.ts';
import type { Target } from './target.ts';

export type Method = 'GET' | 'HEAD';

/** A read that is sent to S3. */
export interface ObjectRead {
  readonly kind: 'object' | 'list';
  readonly name: string;
  /** The format of the response: S3's XML or bytes, or the bridge's JSON. */
  readonly form: 's3' | 'json';
  readonly method: Method;
  readonly bucket: string;
  /** The object's key; '' for a list. */
  readonly key: string;
  /** The key or the listed prefix, which a grant must cover. */
  readonly subject: string;
  /** The IAM actions that AWS checks. */
  readonly actions: readonly IamAction[];
  /** The query parameters to send, sorted by name. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/**
 * An operation that is served from the configuration. For HeadBucket, the bridge also confirms with S3 that the bucket exists.
 */
export interface BucketOperation {
  readonly kind: 'buckets' | 'bucket' | 'location';
  readonly name: 'ListBuckets' | 'HeadBucket' | 'GetBucketLocation';
  readonly method: Method;
  readonly bucket: string;
  /** The query parameters, sorted by name. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

export type Operation = ObjectRead | BucketOperation;

/** @throws Fault not_implemented */
export function operationOn(
  { bucket, key }: Pick<Target, 'bucket' | 'key'>,
  method: Method,
  query: ReadonlyMap<string, string>,
): Operation {
  if (key === '' && (bucket === '' || method === 'HEAD' || query.has('location'))) {
    return bucketOperation(bucket, method, query);
  }
  const row = selectedRow(key, query);
  if (method === 'HEAD' && row !== READ)
    throw new Fault('not_implemented', { operation: `HEAD ${row.name}` });
  const version = query.has('versionId') ? row.versionActions : undefined;
  return {
    form: 's3',
    kind: key === '' ? 'list' : 'object',
    name: method === 'HEAD' ? 'HeadObject' : row.name,
    method,
    bucket,
    key,
    subject: key === '' ? (query.get('prefix') ?? '') : key,
    actions: version ?? row.actions,
    parameters: query.size === 0 ? [] : selectParameters(knownParameters(row, version !== undefined), query),
  };
}

function knownParameters(
  { selector, parameters }: Pick<Row, 'selector' | 'parameters'>,
  versioned: boolean,
): readonly string[] {
  return [
    ...parameters,
    ...(selector === undefined ? [] : [selector[0]]),
    ...(versioned ? ['versionId'] : []),
  ];
}

function selectedRow(key: string, query: ReadonlyMap<string, string>): Row {
  // This is a fast path for nearly all requests.
  if (key !== '' && query.size === 0) return READ;
  return (key === '' ? LIST_ROWS : OBJECT_ROWS).find((each) => isSelected(each, query)) ?? READ;
}

function isSelected({ selector }: Row, query: ReadonlyMap<string, string>): boolean {
  if (selector === undefined) return true;
  const [name, value] = selector;
  return value === undefined ? query.has(name) : query.get(name) === value;
}

function bucketOperation(
  bucket: string,
  method: Method,
  query: ReadonlyMap<string, string>,
): BucketOperation {
  if (bucket !== '' && method === 'HEAD')
    return { kind: 'bucket', name: 'HeadBucket', method, bucket, parameters: selectParameters([], query) };
  if (method === 'HEAD') throw new Fault('not_implemented', { operation: 'HEAD ListBuckets' });
  const [kind, row] =
    bucket === '' ? (['buckets', LIST_BUCKETS] as const) : (['location', BUCKET_LOCATION] as const);
  return {
    kind,
    name: row.name,
    method,
    bucket,
    parameters: selectParameters(knownParameters(row, false), query),
  };
}

/**
 * Drops unknown parameters, because S3 ignores them too.
 * @throws Fault not_implemented for parameters that would select a different operation
 */
function selectParameters(
  known: readonly string[],
  query: ReadonlyMap<string, string>,
): (readonly [string, string])[] {
  const parameters: (readonly [string, string])[] = [];
  for (const parameter of query) {
    const [name] = parameter;
    if (known.includes(name)) parameters.push(parameter);
    else if (isSubresource(name)) throw new Fault('not_implemented', { parameter: loggable(name) });
  }
  return parameters.sort(([a], [b]) => (a < b ? -1 : 1));
}
