// The store of confirmations: which session S3 has shown which object version, for which action, and how long ago.
import { LRUCache } from 'lru-cache';
import type { Bucket } from '../config/types.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import type { ObjectSlot } from './object-slots.ts';
import type { ObjectVersion } from './object-version.ts';

/**
 * The identity of a session, which is compared by reference. There is one object for each combination of role definition,
 * attribution and session policy. The object outlives the session's credentials; see federation/session-cache.ts.
 */
export type SessionIdentity = object;

/**
 * The right that a request needs: a session's right to perform an action on an object. S3's response proves whether the session
 * has this right.
 */
export interface Claim {
  readonly session: SessionIdentity;
  /** The bucket in the configuration: its settings, such as the expected owner, are part of what S3 checks. */
  readonly bucket: Bucket;
  /** The IAM action that S3 checks. */
  readonly action: string;
  readonly slot: ObjectSlot;
}

/** The time at which a request was sent to S3. */
export interface AskedAt {
  /** Later requests have higher numbers. */
  readonly order: number;
  /** Returns the number of milliseconds since the request was sent. */
  readonly age: () => number;
}

export interface Confirmation {
  /** The confirmed version; undefined if S3 has denied the object to the session, or if the object did not exist. */
  readonly version: ObjectVersion | undefined;
  readonly asked: AskedAt;
  /** Whether S3 would have sent the object's bytes, as opposed to only its headers. */
  readonly coversBytes: boolean;
  /** Headers that S3 sent only to this session. */
  readonly own: readonly string[];
}

export interface Confirmations {
  /** @returns S3's last response to this claim, whatever its age */
  find(claim: Claim): Confirmation | undefined;
  /** Returns the order and the start time of a request to S3. Must be called just before the request is sent. */
  ask(): AskedAt;
  /** Records a response of S3, unless the response to a later request was recorded already. */
  record(claim: Claim, confirmation: Confirmation): void;
  /** Removes all confirmations of an object. */
  forget(slot: ObjectSlot): void;
}

interface Stored extends Confirmation {
  readonly claim: Pick<Claim, 'bucket' | 'action' | 'slot'>;
  readonly bucketKey: string;
}

/**
 * The maximum number of confirmations. One takes about 420 bytes (measured), so all of them and the facts in object-slots.ts
 * together take less than 32 MiB, if there are not many more blocks than objects. A GiB of blocks takes about 1.2 MiB.
 */
const MAX_CONFIRMATIONS = 15_000;

export function createConfirmations(): Confirmations {
  const sessions = new WeakMap<SessionIdentity, Map<ObjectSlot, Stored>>();
  const bySlot = new WeakMap<ObjectSlot, Set<Stored>>();
  const kept = new LRUCache<Stored, Map<ObjectSlot, Stored>>({
    max: MAX_CONFIRMATIONS,
    dispose: (own, stored) => {
      const { slot } = stored.claim;
      if (own.get(slot) === stored) own.delete(slot);
      bySlot.get(slot)?.delete(stored);
    },
  });
  const keyOf = bucketKeys();
  let order = 0;

  const find = ({ session, bucket, action, slot }: Claim): Stored | undefined => {
    const stored = sessions.get(session)?.get(slot);
    if (stored?.claim.action !== action) return undefined;
    return stored.claim.bucket === bucket || stored.bucketKey === keyOf(bucket) ? stored : undefined;
  };

  return {
    ask: () => {
      order += 1;
      return { order, age: startElapsed() };
    },
    find: (claim) => {
      const stored = find(claim);
      if (stored !== undefined) kept.get(stored);
      return stored;
    },
    record: (claim, confirmation) => {
      let own = sessions.get(claim.session);
      if (own === undefined) sessions.set(claim.session, (own = new Map<ObjectSlot, Stored>()));
      const before = own.get(claim.slot);
      if (before !== undefined && find(claim) === before && before.asked.order > confirmation.asked.order)
        return;
      const { bucket, action, slot } = claim;
      const stored: Stored = { ...confirmation, claim: { bucket, action, slot }, bucketKey: keyOf(bucket) };
      own.set(slot, stored);
      if (before !== undefined) kept.delete(before);
      kept.set(stored, own);
      let ofSlot = bySlot.get(slot);
      if (ofSlot === undefined) bySlot.set(slot, (ofSlot = new Set<Stored>()));
      ofSlot.add(stored);
    },
    forget: (slot) => {
      for (const stored of [...(bySlot.get(slot) ?? [])]) kept.delete(stored);
    },
  };
}

/**
 * Returns a key that represents a bucket's settings. A reload creates new bucket objects, so buckets are compared by this key.
 */
function bucketKeys(): (bucket: Bucket) => string {
  const known = new WeakMap<Bucket, string>();
  return (bucket) => {
    let key = known.get(bucket);
    if (key === undefined) known.set(bucket, (key = JSON.stringify(bucket)));
    return key;
  };
}
