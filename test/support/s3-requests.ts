// Generates valid and invalid S3 requests from a seed, with combinations of methods, keys, queries, conditions and ranges.
import fc from 'fast-check';

export interface S3Request {
  readonly method: 'GET' | 'HEAD';
  /** The escaped path with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An object in the tested bucket. */
export interface Stocked {
  /** The percent-encoded key. */
  readonly escaped: string;
  readonly etag: string;
  readonly lastModified: string;
  readonly versionIds: readonly string[];
}

const LONG_AGO = 'Sat, 01 Jan 2000 00:00:00 GMT';
const FAR_OFF = 'Fri, 01 Jan 2100 00:00:00 GMT';

/** Often returns undefined, so that each header also occurs without the others. */
const sometimes = (values: readonly string[], weight = 1): fc.Arbitrary<string | undefined> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight, arbitrary: fc.constantFrom(...values) },
  );

const RANGES = [
  'bytes=0-0',
  'bytes=2-5',
  'bytes=3-',
  'bytes=-4',
  'bytes=0-',
  'bytes=0-999999',
  'bytes=-999999',
  'bytes=999999-',
  'bytes=-0',
  'bytes=5-2',
  'bytes=a-b',
  'bytes=0-1,3-4',
  'bytes=',
  'bytes=0--1',
  'items=0-1',
];
const OVERRIDES = [
  'response-content-type=a/b',
  'response-cache-control=no-store',
  'response-expires=never',
  'response-content-disposition=attachment%3B%20filename%3D%22a%20b%22&response-content-language=fr',
];
const KINDS = [
  'partNumber=1',
  'partNumber=2',
  'partNumber=0',
  'partNumber=x',
  'tagging',
  'attributes',
  'x-id=GetObject',
];

function ofAnObject(stock: readonly Stocked[]): fc.Arbitrary<S3Request> {
  return fc.constantFrom(...stock).chain(({ escaped, etag, lastModified, versionIds }) => {
    const tags = [etag, '"other"', '*', `"other", ${etag}`, `W/${etag}`, etag.replaceAll('"', ''), '"', ''];
    const dates = [lastModified, LONG_AGO, FAR_OFF, 'yesterday'];
    const versions = [...versionIds, 'null', 'absent', ''].map((id) => `versionId=${id}`);
    return fc
      .record({
        method: fc.constantFrom('GET', 'GET', 'HEAD'),
        query: fc.oneof(
          { weight: 3, arbitrary: fc.constant('') },
          { weight: 1, arbitrary: fc.constantFrom(...OVERRIDES) },
          { weight: 1, arbitrary: fc.constantFrom(...versions) },
          { weight: 1, arbitrary: fc.constantFrom(...KINDS) },
        ),
        range: sometimes(RANGES),
        'if-match': sometimes(tags),
        'if-none-match': sometimes(tags),
        'if-modified-since': sometimes(dates),
        'if-unmodified-since': sometimes(dates),
        'x-amz-checksum-mode': sometimes(['ENABLED', 'nonsense']),
        'x-amz-object-attributes': sometimes(['ETag,ObjectSize', 'Nothing, StorageClass']),
      })
      .map(({ method, query, ...headers }) => ({
        // A separate test covers HEAD requests for tags and attributes, which the bridge rejects with 501.
        method: /^(?:tagging|attributes)/.test(query) ? 'GET' : method,
        path: `/acme-lake/${escaped}${query === '' ? '' : `?${query}`}`,
        headers: given(headers),
      }));
  });
}

const PREFIXES = [
  '',
  'raw/',
  'raw/public/',
  'raw/pub',
  'odd%20keys/',
  'odd+keys/',
  'absent/',
  'd/v',
  '%C3%A9',
];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  prefix: PREFIXES,
  delimiter: ['/', 'a', '', '%2F', 'lic'],
  'max-keys': ['0', '1', '2', '7', '1000', '5000', '-1', 'many', ''],
  'encoding-type': ['url', 'base64'],
};
const OF_KIND = {
  'list-type=2': {
    'start-after': ['raw/', 'd/v', 'zz'],
    'continuation-token': ['nonsense', ''],
    'fetch-owner': ['true', 'false'],
  },
  '': { marker: ['raw/', 'd/v', 'zz', ''] },
  versions: { 'key-marker': ['raw/', 'd/v'], 'version-id-marker': ['null', 'absent'] },
} as const;

const aList: fc.Arbitrary<S3Request> = fc
  .constantFrom(...(Object.keys(OF_KIND) as (keyof typeof OF_KIND)[]))
  .chain((kind) => {
    const values: Readonly<Record<string, readonly string[]>> = { ...VALUES, ...OF_KIND[kind] };
    const parameters = Object.entries(values).map(([name, all]) =>
      sometimes(all).map((value) => (value === undefined ? undefined : `${name}=${value}`)),
    );
    return fc.tuple(...parameters).map((pairs) => {
      const query = [kind, ...pairs].filter((pair) => pair !== undefined && pair !== '').join('&');
      return { method: 'GET', path: `/acme-lake${query === '' ? '' : `?${query}`}`, headers: {} };
    });
  });

function given(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** @returns up to `count` different requests, which depend only on the seed and the objects */
export function s3Requests(stock: readonly Stocked[], count: number, seed: number): readonly S3Request[] {
  const any = fc.oneof({ weight: 4, arbitrary: ofAnObject(stock) }, { weight: 1, arbitrary: aList });
  const made = fc
    .sample(any, { numRuns: count * 2, seed })
    .map((each) => [JSON.stringify(each), each] as const);
  return [...new Map(made).values()].slice(0, count);
}
