// A bucket that stores objects and their versions.
import { randomBytes } from 'node:crypto';
import { compareKeys, type Bucket, type DeleteMarker, type StoredObject, type Version } from './objects.ts';

type Kept = (StoredObject & { discard(): void }) | DeleteMarker;

const VERSION_ID_BYTES = 24;
/** S3's version ID for objects that are put while versioning is off. */
export const NULL_VERSION = 'null';

export function createStoredBucket({
  name,
  region,
  owner,
  created,
}: Pick<Bucket, 'name' | 'region' | 'owner' | 'created'>): Bucket {
  /** The versions of each key, newest first. */
  const histories = new Map<string, readonly Kept[]>();
  let versioning: 'never' | 'Enabled' | 'Suspended' = 'never';
  let sorted: readonly string[] | undefined;

  function allKeys(): readonly string[] {
    sorted ??= [...histories.keys()].sort(compareKeys);
    return sorted;
  }

  function keep(key: string, versions: readonly Kept[]): void {
    if (histories.has(key) !== versions.length > 0) sorted = undefined;
    if (versions.length > 0) histories.set(key, versions);
    else histories.delete(key);
  }

  function drop(version: Kept | undefined): void {
    if (version?.kind === 'object') version.discard();
  }

  /** Adds a version. While versioning is off, the new version replaces the version `null`. */
  function add(version: Kept): void {
    const before = histories.get(version.key) ?? [];
    const replaced =
      version.versionId === NULL_VERSION ? before.find((one) => one.versionId === NULL_VERSION) : undefined;
    keep(version.key, [version, ...before.filter((one) => one !== replaced)]);
    drop(replaced);
  }

  const newVersionId = () =>
    versioning === 'Enabled' ? randomBytes(VERSION_ID_BYTES).toString('base64url') : NULL_VERSION;

  const findNow = (key: string, versionId?: string): Kept | undefined => {
    const versions = histories.get(key) ?? [];
    return versionId === undefined
      ? versions[0]
      : versions.find((version) => version.versionId === versionId);
  };

  return {
    name,
    region,
    owner,
    created,
    versioning: () => versioning,
    find: (key, versionId) => Promise.resolve(findNow(key, versionId)),
    keys: () => Promise.resolve(allKeys().filter((key) => histories.get(key)?.[0]?.kind === 'object')),
    versionedKeys: () => Promise.resolve(allKeys()),
    history: (key): Promise<readonly Version[]> => Promise.resolve(histories.get(key) ?? []),
    writer: {
      setVersioning(status) {
        versioning = status;
      },
      put(object) {
        const versionId = newVersionId();
        add({ ...object, kind: 'object', versionId });
        return versionId;
      },
      remove(key, versionId, now) {
        if (versionId === undefined && versioning !== 'never') {
          const marker: DeleteMarker = { kind: 'marker', key, versionId: newVersionId(), modified: now };
          add(marker);
          return marker;
        }
        const version = findNow(key, versionId);
        if (version)
          keep(
            key,
            (histories.get(key) ?? []).filter((one) => one !== version),
          );
        drop(version);
        return version;
      },
    },
  };
}
