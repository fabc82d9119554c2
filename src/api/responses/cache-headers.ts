// The response headers that show how the cache was used: Cache-Status (RFC 9211) and Age (RFC 9111, 5.1).
import type { RequestContext } from '../../observability/request-context.ts';

/**
 * The name of the bridge's cache in Cache-Status. Caches between the bridge and the client may add their own entries to the
 * header.
 */
const CACHE = 'fedbridge';

/** @returns alternating names and values; an empty list if the request did not involve the cache */
export function cacheHeaders({ counters: { cache } }: Pick<RequestContext, 'counters'>): readonly string[] {
  if (cache === undefined) return NONE;
  return ['cache-status', `${CACHE}; ${cache.status}`, 'age', String(cache.ageSeconds)];
}

const NONE: readonly string[] = [];
