// Serves a directory as a read-only bucket: keys are relative paths, and links to files outside the directory are ignored.
import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Scope } from '../../config/types.ts';
import { fileSource } from './file-source.ts';
import { compareKeys, type Bucket, type StoredObject } from './objects.ts';
import { NULL_VERSION } from './stored-bucket.ts';

/**
 * How long a list of all files is cached. The time is long enough to list many pages, and short enough that new files appear
 * soon.
 */
const WALK_KEPT_MS = 1_000;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.json': 'application/json',
  '.parquet': 'application/vnd.apache.parquet',
  '.txt': 'text/plain',
};

/** Rejects if `directory` is not a directory. */
export async function createDirectoryBucket(
  { name, region, owner, created }: Pick<Bucket, 'name' | 'region' | 'owner' | 'created'>,
  directory: string,
): Promise<Bucket> {
  const root = await realpath(directory);
  if (!(await stat(root)).isDirectory()) throw new Error(`${directory} is not a directory`);
  const inside = (path: string) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
  let walk: { at: number; keys: Promise<readonly string[]> } | undefined;

  /**
   * Returns the path of a key's file with all links resolved; undefined if the file does not exist or is outside the directory.
   */
  async function fileOf(key: string): Promise<string | undefined> {
    const names = key.split('/');
    if (names.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
      return undefined;
    const path = await realpath(join(root, ...names)).catch(() => undefined);
    return path !== undefined && inside(path) ? path : undefined;
  }

  async function find(key: string, versionId?: string): Promise<StoredObject | undefined> {
    if (versionId !== undefined && versionId !== NULL_VERSION) return undefined;
    const path = await fileOf(key);
    const status = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || !status?.isFile()) return undefined;
    const { size, mtimeMs } = status;
    const mark = createHash('md5').update(`${key}\n${size}\n${mtimeMs}`).digest('hex');
    return {
      kind: 'object',
      key,
      versionId: NULL_VERSION,
      size,
      // The ETag ends with a part count, as after a multipart upload. Otherwise, clients would compare the ETag with the
      // content's MD5.
      etag: `"${mark}-1"`,
      modified: mtimeMs,
      headers: { 'content-type': CONTENT_TYPES[extname(path)] ?? 'binary/octet-stream' },
      tags: [],
      checksums: {},
      open: (start, end) => fileSource(path, start, end),
    };
  }

  /** Lists the keys of all files in the tree. Ignores links that lead to a parent directory or out of the tree. */
  async function keysBelow(path: string, prefix: string, above: readonly string[]): Promise<string[]> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    const keys = await Promise.all(
      // Skips names that are not valid UTF-8. They contain U+FFFD and cannot be keys.
      entries
        .filter((entry) => !entry.name.includes('\ufffd'))
        .map(async (entry) => {
          const key = prefix + entry.name;
          if (entry.isFile()) return [key];
          if (entry.isDirectory()) return keysBelow(join(path, entry.name), `${key}/`, [...above, path]);
          if (!entry.isSymbolicLink()) return [];
          const target = await realpath(join(path, entry.name)).catch(() => undefined);
          if (target === undefined || !inside(target)) return [];
          const status = await stat(target).catch(() => undefined);
          if (status?.isFile()) return [key];
          const loops = [...above, path].includes(target);
          return status?.isDirectory() && !loops ? keysBelow(target, `${key}/`, [...above, path]) : [];
        }),
    );
    return keys.flat();
  }

  function keys(): Promise<readonly string[]> {
    const now = Date.now();
    if (!walk || now - walk.at > WALK_KEPT_MS) {
      walk = { at: now, keys: keysBelow(root, '', []).then((found) => found.sort(compareKeys)) };
    }
    return walk.keys;
  }

  return {
    name,
    region,
    owner,
    created,
    versioning: () => 'never',
    find,
    keys,
    versionedKeys: keys,
    history: async (key) => {
      const object = await find(key);
      return object ? [object] : [];
    },
  };
}

/**
 * @returns the key of the non-hidden file that is nearest to the top directory; undefined if the directory contains no such file
 */
export async function firstFile(directory: string, scope: Scope): Promise<string | undefined> {
  if (scope.kind === 'key') return scope.key;
  let level = [scope.kind === 'prefix' ? scope.prefix : ''];
  while (level.length > 0) {
    const below: string[] = [];
    for (const prefix of level) {
      const entries = await readdir(join(directory, prefix), { withFileTypes: true }).catch(() => []);
      const named = entries.filter(({ name }) => !name.startsWith('.') && !name.includes('\ufffd'));
      const file = named.find((entry) => entry.isFile());
      if (file !== undefined) return prefix + file.name;
      below.push(...named.filter((entry) => entry.isDirectory()).map(({ name }) => `${prefix}${name}/`));
    }
    level = below;
  }
  return undefined;
}
