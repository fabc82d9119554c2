// Builds the cache from the configuration, and adds it to a reader.
import { createCacheStore } from '../cache/cache-store.ts';
import type { CacheStore } from '../cache/cache-store.ts';
import { withCache } from '../cache/cached-read.ts';
import type { Config } from '../config/types.ts';
import type { Log } from '../observability/log.ts';
import type { Read } from '../s3/read.ts';

/**
 * Keeps the cache across reloads. This is safe, because each confirmation is for one session, and a changed role or grant gets
 * new sessions. The console has no cache, because it is a separate service with few readers.
 */
export function cacheFor(
  { cache }: Config,
  { log, isConsole }: { readonly log: Log; readonly isConsole: boolean },
  previous: CacheStore | undefined,
): CacheStore | undefined {
  if (cache === undefined || isConsole) return undefined;
  if (previous === undefined) return createCacheStore(cache.memoryBytes);
  if (previous.memoryBytes !== cache.memoryBytes)
    log('WARNING', 'cache.memory has changed; the cache keeps its size until the next restart', {
      field: 'cache.memory',
      remedy: 'Restart the bridge to change the size of the cache.',
    });
  return previous;
}

export function withConfiguredCache(
  read: Read,
  store: CacheStore | undefined,
  settings: Config['cache'],
): Read {
  if (store === undefined || settings === undefined) return read;
  return withCache(read, store, {
    freshForMs: settings.freshForSeconds * 1000,
    keepsKms: settings.kms === 'memory',
  });
}
