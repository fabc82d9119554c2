// Parses one page of an S3 list as it arrives, for lists that callers request as JSON.
import { Fault } from '../errors/fault.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import { emptyObject, setField } from './listed-object.ts';
import type { Draft, ListedObject } from './listed-object.ts';
import { asS3Fault } from './s3-error.ts';
import { usualObject } from './usual-object.ts';
import { xmlReader } from './xml-reader.ts';

/**
 * One page in the bridge's own JSON format, which has stable field names. The page does not include elements that S3 may add
 * later.
 */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Common prefixes, if the request had a delimiter. */
  readonly prefixes: readonly string[];
  /** The value of `continue` for the next page; null on the last page. */
  readonly next: string | null;
}

/** The maximum number of objects and prefixes together in one page (S3 API Reference, ListObjectsV2, MaxKeys). */
const MAX_ENTRIES = 1000;

/** The maximum size of a page. A page of 1,000 keys with 1,024 bytes each takes 3.4 MiB if every byte is percent-encoded. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a page, and yields to the event loop after each chunk, so that a large page does not delay other requests.
 * @param response the response to a ListObjectsV2 request; aborted after an error
 * @throws Fault s3_invalid_response if the body is not a list or is too long; s3_unreachable or s3_timeout if the body ends early
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

/** The returned functions throw Fault s3_invalid_response. */
function pageReader(): { write(chunk: Buffer): void; end(): ListPage } {
  const objects: Draft[] = [];
  const prefixes: string[] = [];
  let next: string | null = null;
  let draft = emptyObject();
  /** Only `<EncodingType>` shows that keys are encoded, because some servers ignore `encoding-type=url`. */
  let isEncoded = false;
  const nameOf = (text: string): string => (isEncoded ? decode(text) : text);
  // AWS sends EncodingType before the keys. Other servers send it later, so keys that were already read must be decoded.
  const decodeNames = (): void => {
    if (isEncoded) return;
    isEncoded = true;
    for (const object of objects) object.key = decode(object.key);
    for (const [i, prefix] of prefixes.entries()) prefixes[i] = decode(prefix);
  };
  const add = (object: ListedObject): void => {
    objects.push(object);
    draft = emptyObject();
  };
  const checkCount = (): void => {
    if (objects.length + prefixes.length > MAX_ENTRIES) throw notList('a list of more than 1000 entries');
  };
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const text = (chunk?: Buffer): string =>
    inUtf8(() => decoder.decode(chunk, { stream: chunk !== undefined }));
  const reader = xmlReader({
    onOpen: (name, parent) => {
      if (parent === '' && name !== ROOT) throw notList('not a list');
    },
    onClose: (name, parent, value) => {
      if (parent === 'Contents') setField(draft, name, name === 'Key' ? nameOf(value) : value);
      else if (parent === 'CommonPrefixes' && name === 'Prefix') prefixes.push(nameOf(value));
      else if (parent !== ROOT) return;
      else if (name === 'EncodingType' && value === 'url') decodeNames();
      else if (name === 'NextContinuationToken') next = value;
      else if (name === 'Contents') add(draft);
      checkCount();
    },
    readChild: (piece, at) => {
      const usual = usualObject(piece, at, nameOf);
      if (usual === undefined) return -1;
      add(usual.object);
      checkCount();
      return usual.end;
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

/** @returns the original text if it cannot be decoded, because one invalid key must not fail the whole list */
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Converts the errors of the UTF-8 decoder to faults. */
function inUtf8(decoding: () => string): string {
  try {
    return decoding();
  } catch {
    throw notList('text that is not valid UTF-8');
  }
}
