// A directory as a bucket's content, read-only and contained: keys are relative paths, and no link leads out.
import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { fileSource } from './file-source.ts';
import { compareKeys, type Bucket, type StoredObject } from './objects.ts';
import { NULL_VERSION } from './stored-bucket.ts';

/** A listing of many pages walks the tree once, yet a new file shows soon. */
const WALK_KEPT_MS = 1_000;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.json': 'application/json',
  '.parquet': 'application/vnd.apache.parquet',
  '.txt': 'text/plain',
};

/** Rejects when `directory` is none. */
export async function createDirectoryBucket(
  { name, region, created }: Pick<Bucket, 'name' | 'region' | 'created'>,
  directory: string,
): Promise<Bucket> {
  const root = await realpath(directory);
  if (!(await stat(root)).isDirectory()) throw new Error(`${directory} is not a directory`);
  const inside = (path: string) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
  let walk: { at: number; keys: Promise<readonly string[]> } | undefined;

  /** The file behind a key, with every link followed; undefined where there is none or it lies outside. */
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
      // With a part count, as after a multipart upload: clients take a bare one for the content's MD5.
      etag: `"${mark}-1"`,
      modified: mtimeMs,
      headers: { 'content-type': CONTENT_TYPES[extname(path)] ?? 'binary/octet-stream' },
      tags: [],
      checksums: {},
      open: (start, end) => fileSource(path, start, end),
    };
  }

  /** Walks without following a link that leads out, or back to a directory that is being walked. */
  async function keysBelow(path: string, prefix: string, above: readonly string[]): Promise<string[]> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    const keys = await Promise.all(
      // A name that is not UTF-8 reads with U+FFFD in it, and is no key.
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
