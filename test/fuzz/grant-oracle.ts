// Determines whether a caller's grants allow a request to S3. This oracle is based only on the documentation, and shares no
// code with the bridge.
import { GRANTS } from './lake.ts';
import type { PlainCaller, PlainGrant } from './lake.ts';

/** A request that the bridge sent to S3. */
export interface AskedOfS3 {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The bucket, key and query of a URL, decoded to bytes. */
export interface Place {
  readonly bucket: string;
  readonly key: Buffer;
  readonly query: ReadonlyMap<string, Buffer>;
  /** Names of query parameters that occur more than once. */
  readonly repeated: readonly string[];
}

/** The actions that a grant must allow for a read, and the key or prefix that is read. */
interface Need {
  readonly words: readonly string[];
  readonly isList: boolean;
  readonly subject: Buffer;
}

const SIGNED_BY_US = ['host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token', 'authorization'];
const MAY_GO_UP = new Set([
  ...SIGNED_BY_US,
  'user-agent',
  'connection',
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'x-amz-checksum-mode',
  'x-amz-max-parts',
  'x-amz-part-number-marker',
  'x-amz-object-attributes',
  'x-amz-optional-object-attributes',
  'x-amz-expected-bucket-owner',
  ...['', '-key', '-key-md5', '-algorithm'].map((part) => `x-amz-server-side-encryption-customer${part}`),
  ...['', '-aws-kms-key-id', '-bucket-key-enabled', '-context'].map(
    (part) => `x-amz-server-side-encryption${part}`,
  ),
]);
const OF_OBJECTS =
  /^(?:versionId|partNumber|tagging|attributes|response-(?:cache-control|content-(?:disposition|encoding|language|type)|expires))$/;
const OF_LISTS =
  /^(?:list-type|versions|delimiter|encoding-type|max-keys|prefix|continuation-token|fetch-owner|start-after|marker|key-marker|version-id-marker)$/;

/** @returns a description of the violation; undefined if the caller's grants allow the request */
export function breachAtS3(caller: PlainCaller, { method, url, headers }: AskedOfS3): string | undefined {
  if (method !== 'GET' && method !== 'HEAD') return `method ${method}`;
  if (!/^\/[\x21-\x7e]*$/.test(url)) return 'a target with characters other than visible ASCII';
  if (/[^A-Za-z0-9\-._~/%]/.test(url.split('?')[0] ?? '')) return 'an unescaped character in the path';
  for (const [name, value] of headers) {
    if (!MAY_GO_UP.has(name.toLowerCase())) return `header ${name}`;
    if (/[\r\n\0]/.test(value)) return `a line break in ${name}`;
  }
  for (const name of SIGNED_BY_US) {
    if (headers.filter(([each]) => each.toLowerCase() === name).length !== 1) return `not one ${name}`;
  }
  const place = placeOf(url);
  const allowed = place.key.length === 0 ? OF_LISTS : OF_OBJECTS;
  for (const name of place.query.keys()) if (!allowed.test(name)) return `parameter ${name}`;
  const need = needOf(place);
  return mayDo(caller, place.bucket, need)
    ? undefined
    : `${need.words.join('+')} of ${JSON.stringify(need.subject.toString())}`;
}

/** Whether the caller's grants allow the S3 operation that the bridge parsed from a request. */
export function isNeedMet(
  caller: PlainCaller,
  bucket: string,
  {
    name,
    actions,
    subject,
  }: { readonly name: string; readonly actions: readonly string[]; readonly subject: string },
): boolean {
  const versioned = actions.some((action) => action.includes('Version'));
  const words = {
    ListObjectsV2: ['list'],
    ListObjects: ['list'],
    ListObjectVersions: ['list', 'versions'],
    GetObjectTagging: versioned ? ['tags', 'versions'] : ['tags'],
    GetObjectAttributes: versioned ? ['attributes', 'versions'] : ['get', 'attributes'],
  }[name] ?? [versioned ? 'versions' : 'get'];
  return mayDo(caller, bucket, { words, isList: name.startsWith('List'), subject: Buffer.from(subject) });
}

/** Splits the URL before decoding. A '+' is decoded as a space only in the query. */
export function placeOf(url: string): Place {
  const [path = '', ...rest] = url.split('?');
  const [, bucket = '', ...key] = path.split('/');
  const pairs = rest
    .join('?')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.replaceAll('+', ' ').split('=');
      return [percentDecoded(name).toString(), percentDecoded(value.join('='))] as const;
    });
  const names = pairs.map(([name]) => name);
  return {
    bucket,
    key: percentDecoded(key.join('/')),
    query: new Map(pairs),
    repeated: names.filter((name, i) => names.indexOf(name) !== i),
  };
}

function percentDecoded(text: string): Buffer {
  const bytes = Buffer.from(text);
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i += 1) {
    const digits = bytes.subarray(i + 1, i + 3).toString('latin1');
    if (bytes[i] === 0x25 && /^[0-9a-f]{2}$/i.test(digits)) {
      out.push(Number.parseInt(digits, 16));
      i += 2;
    } else out.push(bytes[i] ?? 0);
  }
  return Buffer.from(out);
}

/**
 * See docs/how-to/configure.md, "Choose what they may read": `versions` extends the other actions of its grant, and
 * `attributes` also requires `get`.
 */
function needOf({ key, query }: Place): Need {
  if (key.length === 0) {
    const words = query.has('versions') ? ['list', 'versions'] : ['list'];
    return { words, isList: true, subject: query.get('prefix') ?? Buffer.alloc(0) };
  }
  const kind = query.has('tagging') ? ['tags'] : query.has('attributes') ? ['get', 'attributes'] : ['get'];
  return { words: query.has('versionId') ? withVersions(kind) : kind, isList: false, subject: key };
}

/**
 * To read an object version, a caller needs only `versions`. To read a version's tags, a caller needs `versions` and `tags`; to
 * read its attributes, `versions` and `attributes`.
 */
const withVersions = (words: readonly string[]): readonly string[] => [
  ...words.filter((word) => word !== 'get'),
  'versions',
];

function mayDo(caller: PlainCaller, bucket: string, need: Need): boolean {
  const own = GRANTS.filter(
    (grant) => grant.bucket === bucket && names(grant, caller) && reaches(grant, need),
  );
  // `get` and `attributes` may come from two grants, but `versions` extends only the actions of its own grant.
  if (need.words.join() === 'get,attributes') return need.words.every((word) => gives(own, [word]));
  return gives(own, need.words);
}

const gives = (grants: readonly PlainGrant[], words: readonly string[]): boolean =>
  grants.some(({ allow }) => words.every((word) => allow.includes(word)));

function names(grant: PlainGrant, { sub, email }: PlainCaller): boolean {
  return grant.callers.some((pattern) => {
    if (pattern.startsWith('project:'))
      return (
        email?.endsWith(`@${pattern.slice('project:'.length)}.iam.gserviceaccount.com`) === true &&
        email.split('@').length === 2
      );
    // An email in a grant matches only the token's email, and a number only the token's unique ID.
    if (!pattern.includes('@')) return pattern === sub;
    return pattern === (pattern.includes('#') ? `${email ?? ''}#${sub}` : email);
  });
}

/** Compares keys and prefixes byte for byte. */
function reaches({ prefix, key }: PlainGrant, { isList, subject }: Need): boolean {
  if (key !== undefined) return !isList && subject.equals(Buffer.from(key));
  if (prefix === undefined) return true;
  const start = Buffer.from(prefix);
  return subject.subarray(0, start.length).equals(start);
}
