// What a bucket holds: objects and delete markers, as both kinds of bucket (stored, or a directory's view) present them.
import type { Source } from '../response.ts';

export interface StoredObject {
  readonly kind: 'object';
  readonly key: string;
  /** `null` (the word) where it was put without versioning. */
  readonly versionId: string;
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since 1970; S3 shows whole seconds. */
  readonly modified: number;
  /** Content type and its like, `x-amz-meta-*`: sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** As `x-amz-tagging` had them. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** `x-amz-checksum-*` headers, sent where they are asked for. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Bytes `start` to `end`, both included. Rejects when the object is gone. */
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
  /** Milliseconds since 1970. */
  readonly created: number;
  versioning(): 'never' | 'Enabled' | 'Suspended';
  /** The current version, or one by its ID. */
  find(key: string, versionId?: string): Promise<Version | undefined>;
  /** Keys whose current version is an object, in S3's order. */
  keys(): Promise<readonly string[]>;
  /** Keys with any version, in S3's order. */
  versionedKeys(): Promise<readonly string[]>;
  /** All versions of a key, newest first. */
  history(key: string): Promise<readonly Version[]>;
  /** Absent: a view that no one can write to. */
  readonly writer?: BucketWriter;
}

export interface BucketWriter {
  setVersioning(status: 'Enabled' | 'Suspended'): void;
  /** Adds a version, or replaces the one there is; says which. */
  put(object: Omit<StoredObject, 'kind' | 'versionId'> & { discard(): void }): string;
  /** Deletes a version, or puts a delete marker where versioning is on; the version that it touched. */
  remove(key: string, versionId: string | undefined, now: number): Version | undefined;
}

/**
 * S3's order of keys is that of their UTF-8 bytes. JavaScript compares UTF-16 units, which differs where a character
 * outside the BMP (two surrogates) meets one from U+E000 up.
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

/** Moves surrogates above the rest of the BMP. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
