// Parses one page of a list while it arrives, for people and scripts that do not want to parse S3's XML.
import { Fault } from '../errors/fault.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import { asS3Fault } from './s3-error.ts';
import { xmlReader } from './xml-reader.ts';

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** RFC 3339. */
  readonly lastModified: string;
  readonly etag: string;
  readonly storageClass: string;
}

/** The names are the bridge's and stable; elements that S3 adds are not shown. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Common prefixes, if there was a delimiter. */
  readonly prefixes: readonly string[];
  /** What `continue` takes for the next page; null on the last. */
  readonly next: string | null;
}

/** Objects and prefixes together (S3 API Reference, ListObjectsV2, MaxKeys). */
const MAX_ENTRIES = 1000;

/** A page of keys of 1,024 bytes, each byte encoded, has 3.4 MiB. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Yields to the event loop after each chunk, so that a large page delays no other request.
 * @param response of a ListObjectsV2; an error ends the request at S3
 * @throws Fault s3_invalid_response if the body is not a list or is too long; s3_unreachable or s3_timeout if it ends early
 */
export function readListPage(response: UpstreamResponse): Promise<ListPage> {
  const { promise, resolve, reject } = Promise.withResolvers<ListPage>();
  const page = pageReader();
  let bytes = 0;
  let hasFailed = false;
  const attempt = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      hasFailed = true;
      reject(error);
      response.abort();
    }
  };
  response.pipe({
    write: (chunk, free) => {
      if (hasFailed) return false;
      attempt(() => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) throw notList('a list of more than 4 MiB');
        page.write(chunk);
      });
      free?.();
      setImmediate(response.resume);
      return false;
    },
    end: () => {
      if (hasFailed) return;
      attempt(() => {
        resolve(page.end());
      });
    },
    fail: (error) => {
      reject(asS3Fault(error));
    },
  });
  return promise;
}

const notList = (what: string): Fault => new Fault('s3_invalid_response', { error: what });

/** Its functions throw Fault s3_invalid_response. */
function pageReader(): { write(chunk: Buffer): void; end(): ListPage } {
  const objects: Draft[] = [];
  const prefixes: string[] = [];
  let next: string | null = null;
  let draft = emptyObject();
  /** Some servers ignore `encoding-type=url`: only `<EncodingType>` shows that keys are encoded. */
  let isEncoded = false;
  const nameOf = (text: string): string => (isEncoded ? decode(text) : text);
  // AWS sends it before the entries, other servers after them.
  const decodeNames = (): void => {
    if (isEncoded) return;
    isEncoded = true;
    for (const object of objects) object.key = decode(object.key);
    for (const [i, prefix] of prefixes.entries()) prefixes[i] = decode(prefix);
  };
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const text = (chunk?: Buffer): string =>
    inUtf8(() => decoder.decode(chunk, { stream: chunk !== undefined }));
  const reader = xmlReader({
    onOpen: (name, parent) => {
      if (parent === '' && name !== ROOT) throw notList('no list');
    },
    onClose: (name, parent, value) => {
      if (parent === 'Contents') setField(draft, name, name === 'Key' ? nameOf(value) : value);
      else if (parent === 'CommonPrefixes' && name === 'Prefix') prefixes.push(nameOf(value));
      else if (parent !== ROOT) return;
      else if (name === 'EncodingType' && value === 'url') decodeNames();
      else if (name === 'NextContinuationToken') next = value;
      else if (name === 'Contents') {
        objects.push(draft);
        draft = emptyObject();
      }
      if (objects.length + prefixes.length > MAX_ENTRIES) throw notList('a list of more than 1000 entries');
    },
  });
  return {
    write: (chunk) => {
      reader.write(text(chunk));
    },
    end: () => {
      reader.write(text());
      reader.end();
      return { objects, prefixes, next };
    },
  };
}

const ROOT = 'ListBucketResult';

type Draft = { -readonly [Name in keyof ListedObject]: ListedObject[Name] };

const emptyObject = (): Draft => ({ key: '', size: 0, lastModified: '', etag: '', storageClass: 'STANDARD' });

function setField(draft: Draft, name: string, value: string): void {
  if (name === 'Key') draft.key = value;
  else if (name === 'Size') draft.size = sizeOf(value);
  else if (name === 'LastModified') draft.lastModified = timeOf(value);
  else if (name === 'ETag') draft.etag = value;
  else if (name === 'StorageClass') draft.storageClass = value;
}

function sizeOf(text: string): number {
  const size = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(size)) throw notList('a size that is no number of bytes');
  return size;
}

/** S3's own form is kept as it is. */
function timeOf(text: string): string {
  if (text === '' || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return text;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw notList('a time that is none');
  return time.toISOString();
}

/** @returns the text as S3 sent it if it cannot be decoded: one odd key must not fail the list */
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Decoders throw errors of their own. */
function inUtf8(decoding: () => string): string {
  try {
    return decoding();
  } catch {
    throw notList('text that is not UTF-8');
  }
}
