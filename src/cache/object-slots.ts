// The store of facts: for each object that was requested, the version that S3 reported last.
import { LRUCache } from 'lru-cache';
import type { Bucket } from '../config/types.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import { isSameVersion, objectVersion } from './object-version.ts';
import type { ObjectVersion, VersionFacts } from './object-version.ts';
import type { Opening } from './opening.ts';

/** The store's entry for what a request names: a key, or one version of a key. */
export interface ObjectSlot {
  readonly key: string;
  /** The version that the request names; '' for the current version. */
  readonly versionId: string;
  /** All slots of the same key. Several slots may have the same version, and then share its blocks. */
  readonly siblings: ReadonlyMap<string, ObjectSlot>;
  version: ObjectVersion | undefined;
  /** The order of the request that showed the version; see confirmations.ts. */
  order: number;
  /** The requests to S3 that will show the version, and that others can wait for. */
  readonly openings: Set<Opening>;
  /** Returns the time since S3 sent a response that must not be cached; undefined if it never did. */
  sinceExcluded: (() => number) | undefined;
}

export interface ObjectSlots {
  of(bucket: Bucket, key: string, versionId: string | undefined): ObjectSlot;
  /**
   * Sets the slot's version to the one that S3 has reported, unless a later request has shown a different version. If the key
   * already has an equal version, that version is used.
   * @param order the order of the request whose response contains the facts
   */
  learn(slot: ObjectSlot, facts: VersionFacts, order: number): ObjectVersion;
  size(): number;
}

/** An estimate of the memory for a slot, or for a version, without their texts. */
const SLOT_BYTES = 700;
/**
 * The maximum total of the sizes that `sizeOf` estimates. With one block and one confirmation, an object was measured to take
 * about 2.7 KB, so all objects together take about 25 MiB.
 */
const MAX_BYTES = 7 * 1024 * 1024;

type ByKey = Map<string, Map<string, ObjectSlot>>;

/** @param onDropped called when a slot has left the store */
export function objectSlots(onDropped: (slot: ObjectSlot) => void = () => undefined): ObjectSlots {
  // Nested maps are used because callers could make joined strings collide.
  const targets = new Map<string, ByKey>();
  const keysOf = new WeakMap<Bucket, ByKey>();
  const kept = new LRUCache<ObjectSlot, ByKey>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_, slot) => sizeOf(slot),
    dispose: (keys, slot, reason) => {
      if (reason === 'set') return;
      const versions = keys.get(slot.key);
      versions?.delete(slot.versionId);
      if (versions?.size === 0) keys.delete(slot.key);
      onDropped(slot);
    },
  });

  const keysIn = (bucket: Bucket): ByKey => {
    let keys = keysOf.get(bucket);
    if (keys !== undefined) return keys;
    const target = JSON.stringify([bucket.endpoint ?? null, bucket.region ?? null, bucket.target]);
    keys = targets.get(target);
    if (keys === undefined) targets.set(target, (keys = new Map<string, Map<string, ObjectSlot>>()));
    keysOf.set(bucket, keys);
    return keys;
  };

  return {
    of: (bucket, key, versionId = '') => {
      const keys = keysIn(bucket);
      let siblings = keys.get(key);
      const known = siblings?.get(versionId);
      if (known !== undefined) {
        kept.get(known);
        return known;
      }
      if (siblings === undefined) keys.set(key, (siblings = new Map<string, ObjectSlot>()));
      const slot: ObjectSlot = {
        key,
        versionId,
        siblings,
        version: undefined,
        order: 0,
        openings: new Set(),
        sinceExcluded: undefined,
      };
      siblings.set(versionId, slot);
      kept.set(slot, keys);
      return slot;
    },
    learn: (slot, facts, order) => {
      const known = [slot, ...slot.siblings.values()]
        .map(({ version }) => version)
        .find((version) => version !== undefined && isSameVersion(version, facts));
      const version = known ?? objectVersion(facts);
      version.isVolatile ||= facts.isVolatile;
      if (order < slot.order) return version;
      slot.version = version;
      slot.order = order;
      slot.sinceExcluded = undefined;
      const keys = kept.peek(slot);
      // Updates the slot's size in the store. A slot that has left the store is not added again.
      if (keys !== undefined) kept.set(slot, keys);
      return version;
    },
    size: () => kept.size,
  };
}

function sizeOf({ key, versionId, version }: ObjectSlot): number {
  let bytes = SLOT_BYTES + key.length + versionId.length;
  if (version !== undefined) bytes += SLOT_BYTES;
  for (const text of version?.headers ?? []) bytes += text.length + 16;
  return bytes;
}

/** How long an object is requested without the cache after S3 sent a response that must not be cached. */
const EXCLUDED_MS = 60_000;

export function exclude(slot: ObjectSlot): void {
  slot.sinceExcluded = startElapsed();
  slot.version = undefined;
}

export const isExcluded = ({ sinceExcluded }: ObjectSlot): boolean =>
  sinceExcluded !== undefined && sinceExcluded() < EXCLUDED_MS;
