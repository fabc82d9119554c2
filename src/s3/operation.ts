// What a request asks of S3: which operation, on what, with which of its parameters. What is not named here is not served.
import { Fault } from '../fault.ts';
import { readQuery } from './query.ts';
import { readTarget } from './target.ts';
import type { Target } from './target.ts';

export type Method = 'GET' | 'HEAD';

/** A read that goes to S3. */
export interface ObjectRead {
  readonly kind: 'object' | 'list';
  readonly name: 'GetObject' | 'HeadObject' | 'ListObjectsV2';
  readonly method: Method;
  readonly bucket: string;
  /** Of the object; '' for a list. */
  readonly key: string;
  /** What a grant has to reach: the key, or the prefix that is listed. */
  readonly subject: string;
  /** Names and values that go up with it, sorted by name. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** What the bridge answers from its configuration, without asking S3. */
export interface BucketQuestion {
  readonly kind: 'buckets' | 'bucket' | 'location';
  readonly name: 'ListBuckets' | 'HeadBucket' | 'GetBucketLocation';
  readonly method: Method;
  readonly bucket: string;
}

export type Operation = ObjectRead | BucketQuestion;

/** The JS SDK's name of the operation; S3 ignores it. */
const IGNORED = new Set(['x-id']);

/** S3 API Reference, GetObject and HeadObject. */
const OBJECT_PARAMETERS = new Set([
  'partNumber',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
]);

/** S3 API Reference, ListObjectsV2. */
const LIST_PARAMETERS = new Set([
  'continuation-token',
  'delimiter',
  'encoding-type',
  'fetch-owner',
  'list-type',
  'max-keys',
  'prefix',
  'start-after',
]);

/** @throws Fault method_not_allowed, not_implemented, and what `readTarget` and `readQuery` throw */
export function readOperation(method: string | undefined, url: string): Operation {
  if (method !== 'GET' && method !== 'HEAD') throw new Fault('method_not_allowed', { method });
  const target = readTarget(url);
  const query = readQuery(target.query);
  if (target.key !== '') {
    const name = method === 'GET' ? 'GetObject' : 'HeadObject';
    const { bucket, key } = target;
    return {
      kind: 'object',
      name,
      method,
      bucket,
      key,
      subject: key,
      parameters: only(OBJECT_PARAMETERS, query),
    };
  }
  if (target.bucket === '') return question('buckets', 'ListBuckets', method, target, query);
  if (method === 'HEAD') return question('bucket', 'HeadBucket', method, target, query);
  if (query.has('location')) return question('location', 'GetBucketLocation', method, target, query);
  if (query.get('list-type') !== '2') throw new Fault('not_implemented', { operation: 'ListObjects' });
  return {
    ...{ kind: 'list', name: 'ListObjectsV2', method, bucket: target.bucket, key: '' },
    subject: query.get('prefix') ?? '',
    parameters: only(LIST_PARAMETERS, query),
  };
}

function question(
  kind: BucketQuestion['kind'],
  name: BucketQuestion['name'],
  method: Method,
  { bucket }: Target,
  query: ReadonlyMap<string, string>,
): BucketQuestion {
  if (method === 'HEAD' && kind !== 'bucket')
    throw new Fault('not_implemented', { operation: `HEAD ${name}` });
  only(new Set(kind === 'location' ? ['location'] : []), query);
  return { kind, name, method, bucket };
}

/** A parameter that is passed over could have meant another answer: what we do not know we do not sign. */
function only(known: ReadonlySet<string>, query: ReadonlyMap<string, string>): (readonly [string, string])[] {
  if (query.size === 0) return [];
  const parameters = [...query].filter(([name]) => !IGNORED.has(name));
  const unknown = parameters.find(([name]) => !known.has(name));
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: unknown[0] });
  return parameters.sort(([a], [b]) => (a < b ? -1 : 1));
}
