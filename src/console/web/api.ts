// The console's own routes. IAP's cookie identifies the person; the page never sees a token.
import { address, readBody, request, RequestError } from './request.ts';

export interface Grant {
  readonly bucket: string;
  readonly prefix?: string;
  readonly key?: string;
  readonly allow: readonly string[];
}

export interface Person {
  /** The person as grants name callers: `user:EMAIL`. */
  readonly caller: string;
  readonly mayRead: readonly Grant[];
  readonly hint?: string;
  /** The audience of tokens for the bridge, usually the bridge's URL. */
  readonly audience: string;
  readonly operator: boolean;
}

export interface ListedObject {
  readonly key: string;
  /** The object's size in bytes. */
  readonly size: number;
  readonly lastModified: string;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  readonly prefixes: readonly string[];
  readonly next: string | null;
}

export interface Explanation {
  readonly allowed: boolean;
  readonly why: string;
  readonly hint?: string;
}

export interface Activity {
  readonly ready: boolean;
  readonly startedAt: string;
  /** The minutes of the last hour, oldest first. */
  readonly minutes: readonly Minute[];
  /** The last errors, newest first. */
  readonly errors: readonly {
    readonly time: string;
    readonly status: number;
    readonly error: string;
    readonly operation: string;
    readonly caller?: string;
    readonly bucket?: string;
    readonly remedy?: string;
    readonly requestId: string;
  }[];
}

export interface Minute {
  readonly time: string;
  readonly requests: number;
  readonly failed: number;
  readonly bytes: number;
}

/** Amounts are estimates in US dollars; null if the price is unknown. */
export interface Egress {
  readonly since: string;
  readonly note: string;
  readonly total: {
    readonly bytes: number;
    readonly estimatedCost: number;
    readonly bytesWithoutPrice: number;
  };
  /** Those with the most bytes come first. */
  readonly rows: readonly EgressRow[];
  /** Rows refer to them by position. */
  readonly priceSources: readonly { readonly date: string; readonly source: string }[];
}

export interface EgressRow {
  readonly caller: string;
  readonly bucket: string;
  readonly region: string | null;
  readonly path: string;
  readonly bytes: number;
  readonly pricePerGB: number | null;
  readonly priceSource: number | null;
  readonly estimatedCost: number | null;
}

/** The number of entries on one page of a folder. */
const PAGE_ENTRIES = 200;

export const whoami = (signal: AbortSignal): Promise<Person> => readJson<Person>('whoami', {}, signal);

/** Fetches what the console has served recently. Only operators may read this. */
export const recentActivity = (signal: AbortSignal): Promise<Activity> =>
  readJson<Activity>('activity', {}, signal);

/** Returns what this instance of the console has received from S3. Only operators may read it. */
export const egress = (signal: AbortSignal): Promise<Egress> => readJson<Egress>('egress', {}, signal);

/** Lists one page of a folder with one list request, however many keys the folder contains. */
export function listFolder(
  { bucket, prefix, from }: { readonly bucket: string; readonly prefix: string; readonly from?: string },
  signal: AbortSignal,
): Promise<ListPage> {
  const parameters = { bucket, prefix, delimiter: '/', limit: String(PAGE_ENTRIES) };
  return readJson<ListPage>(
    'objects',
    from === undefined ? parameters : { ...parameters, continue: from },
    signal,
  );
}

export function explain(
  {
    bucket,
    subject,
    action,
  }: { readonly bucket: string; readonly subject: string; readonly action: 'get' | 'list' },
  signal: AbortSignal,
): Promise<Explanation> {
  const name = action === 'list' ? 'prefix' : 'key';
  return readJson<Explanation>('explain', { bucket, action, [name]: subject }, signal);
}

/**
 * @returns the headers of the object; headers that the console replaces have their original values under names that begin with
 * `x-fedbridge-object-`
 */
export async function headObject(bucket: string, key: string, signal: AbortSignal): Promise<Headers> {
  const response = await request('object', { bucket, key }, { method: 'HEAD', signal });
  return response.headers;
}

export const downloadAddress = (bucket: string, key: string): string => address('object', { bucket, key });

/**
 * Reads part of an object. The read fails if the object no longer has this ETag, so that all parts are of the same version.
 * @param options.etag the object's ETag
 * @param options.end the position after the last byte
 */
export async function readRange(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  options: {
    readonly start: number;
    readonly end: number;
    readonly etag: string;
    readonly signal: AbortSignal;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const { start, end, etag, signal } = options;
  if (end <= start) return new Uint8Array();
  const headers = { range: `bytes=${start}-${end - 1}`, ...(etag === '' ? {} : { 'if-match': etag }) };
  const response = await request('object', { bucket, key }, { headers, signal });
  if (response.status !== 206) {
    await response.body?.cancel();
    throw new RequestError('The storage service does not send parts of this object.', {
      status: response.status,
    });
  }
  return new Uint8Array(await readBody(response.arrayBuffer()));
}

async function readJson<Value>(
  route: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Value> {
  const response = await request(route, parameters, { signal });
  return (await readBody(response.json())) as Value;
}
