// Types for buckets and objects. A bucket either stores objects or serves a directory read-only.
import type { Source } from '../response.ts';

export interface StoredObject {
  readonly kind: 'object';
  readonly key: string;
  /** The string `null` for an object that was put while versioning was off. */
  readonly versionId: string;
  readonly size: number;
  /** The ETag with its quotes. */
  readonly etag: string;
  /** The last modification, in milliseconds since 1970; S3's responses contain whole seconds. */
  readonly modified: number;
  /** `content-type`, `x-amz-meta-*` and other headers that every response for the object contains. */
  readonly headers: Readonly<Record<string, string>>;
  /** The tags from the upload's `x-amz-tagging` header. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** `x-amz-checksum-*` headers, sent if the request has `x-amz-checksum-mode`. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Returns the bytes from `start` to `end`, inclusive. Rejects if the object no longer exists. */
  open(start: number, end: number): Promise<Source>;
}

export interface DeleteMarker {
  readonly kind: 'marker';
  readonly key: string;
  readonly versionId: string;
  readonly modified: number;
}

export type Version = StoredObject | DeleteMarker;

export interface Bucket {
  readonly name: string;
  readonly region: string;
  /** The AWS account that owns the bucket. */
  readonly owner: string;
  /** The creation time, in milliseconds since 1970. */
  readonly created: number;
  versioning(): 'never' | 'Enabled' | 'Suspended';
  /** Returns the version with this ID or, without an ID, the current version. */
  find(key: string, versionId?: string): Promise<Version | undefined>;
  /** Keys whose current version is an object, in S3's order. */
  keys(): Promise<readonly string[]>;
  /** Keys with any version, in S3's order. */
  versionedKeys(): Promise<readonly string[]>;
  /** All versions of a key, newest first. */
  history(key: string): Promise<readonly Version[]>;
  /** Changes the bucket's objects; absent if the bucket is read-only. */
  readonly writer?: BucketWriter;
}

export interface BucketWriter {
  setVersioning(status: 'Enabled' | 'Suspended'): void;
  /** Adds a version, or replaces the version `null` if versioning is off. Returns the version ID. */
  put(object: Omit<StoredObject, 'kind' | 'versionId'> & { discard(): void }): string;
  /** Deletes a version or adds a delete marker. Returns the deleted version or the new marker. */
  remove(key: string, versionId: string | undefined, now: number): Version | undefined;
}

/**
 * Compares keys by their UTF-8 bytes, as S3 does. JavaScript's own string comparison differs: it sorts characters above U+FFFF
 * before the characters from U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Orders UTF-16 units so that surrogates come last. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
