// One version of an object: the facts that S3 reported about it, its blocks in memory, and the flights that bring more of them.
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { Queued } from './s3-fifo.ts';

export interface VersionFacts {
  readonly etag: string;
  readonly lastModified: string | undefined;
  /** S3's version ID; undefined if the bucket has no versions. */
  readonly versionId: string | undefined;
  /** The object's size in bytes. */
  readonly size: number;
  /** The headers of a response with the whole object, except Content-Length, checksums, and headers of one request or session. */
  readonly headers: readonly string[];
  /** Whether the object is encrypted with a KMS key, so that a conditional request does not prove the permission to read it. */
  readonly isKms: boolean;
  /**
   * Whether S3 sent headers that depend on the session or on the time, such as the number of tags. A 304 does not contain these
   * headers, so the version must be confirmed by a response with all headers.
   */
  readonly isVolatile: boolean;
}

export interface ObjectVersion extends VersionFacts {
  isVolatile: boolean;
  /**
   * The checksum headers of a response with the whole object; undefined if no such response has been requested with checksums
   * yet.
   */
  checksums: readonly string[] | undefined;
  /**
   * True if S3 omits checksums when it sends a range of this object; undefined if no range has been requested with checksums
   * yet.
   */
  hasBareRanges: boolean | undefined;
  /** The blocks in memory, and those that were evicted a short time ago, by index. */
  readonly blocks: Map<number, Block>;
  /** The responses that are bringing blocks now. */
  readonly flights: Set<Flight>;
}

/** A part of a version's bytes. Only the store changes a block. */
export interface Block extends Queued {
  readonly version: ObjectVersion;
  readonly index: number;
  readonly length: number;
  /**
   * An `evicted` block has no memory. It is remembered for a while, because another read of the block shows that it is worth
   * keeping.
   */
  state: 'filling' | 'complete' | 'evicted';
  /** The number of bytes that have arrived. */
  filled: number;
  pages: readonly number[];
  pins: number;
  /** Whether the block was evicted a short time ago, before it was filled again. */
  readonly isKnown: boolean;
}

/** A flight that has failed: an error, S3's error response, or no memory for the next block. */
export type Failure = { readonly error: Error } | { readonly s3: S3Error } | 'no memory';

export interface Flight {
  /** Whether the block will arrive soon. The result is false for a block far ahead, so that no request waits long. */
  covers(index: number): boolean;
  /** Begins to fill blocks; called once, after the response has been checked. */
  begin(response: UpstreamResponse): void;
  fail(failure: Failure): void;
  /** Resolves when the flight has begun or failed. */
  readonly opened: Promise<unknown>;
  failure(): Failure | undefined;
  /** Joins the requests that wait for this flight. @param onProgress called when bytes have arrived, and when the flight ends */
  join(onProgress: () => void): void;
  /**
   * Must be called once after `join`. If no request waits any more, the flight is aborted.
   * @param bringsRest if true, the flight continues even if no request waits for the remaining blocks
   */
  leave(onProgress: () => void, bringsRest: boolean): void;
  /**
   * Lets the flight continue up to this block. The flight pauses after the last block that a request wants, so that it does not
   * run far ahead of slow readers.
   */
  want(index: number): void;
}

export function objectVersion(facts: VersionFacts): ObjectVersion {
  return { ...facts, checksums: undefined, hasBareRanges: undefined, blocks: new Map(), flights: new Set() };
}

/**
 * Compares more than the ETag, because an object that is copied onto itself keeps its ETag but gets new metadata, and because
 * some S3 servers use one ETag for several versions. An object that is later encrypted with a KMS key counts as a different
 * version, because S3 must confirm it in a different way.
 */
export function isSameVersion(a: VersionFacts, b: VersionFacts): boolean {
  return (
    a.etag === b.etag &&
    a.lastModified === b.lastModified &&
    a.versionId === b.versionId &&
    a.size === b.size &&
    a.isKms === b.isKms
  );
}
