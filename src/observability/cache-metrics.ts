// The metrics of the cache: their names, and how each is read from the cache's own counts.

/** The cache's counts. `cachedBytes`, `s3Bytes` and `sentBytes` are totals since the process started. */
export interface CacheUsage {
  readonly results: Readonly<Record<string, number>>;
  readonly confirmations: number;
  readonly cachedBytes: number;
  readonly s3Bytes: number;
  readonly sentBytes: number;
  readonly evictions: number;
  readonly usedBytes: number;
  readonly capacityBytes: number;
  readonly pinnedBytes: number;
  readonly objects: number;
}

interface CacheMetric {
  /** The name of a counter ends with `_total`; the others are gauges. */
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly read: (
    usage: CacheUsage,
  ) => readonly { readonly labels: Record<string, string>; readonly value: number }[];
}

const single = (name: string, help: string, valueOf: (usage: CacheUsage) => number): CacheMetric => ({
  name,
  help,
  labelNames: [],
  read: (usage) => [{ labels: {}, value: valueOf(usage) }],
});

export const CACHE_METRICS: readonly CacheMetric[] = [
  {
    name: 'fedbridge_cache_requests_total',
    help: 'Reads that reached the cache, by result: hit (S3 was not called), confirmed (S3 confirmed the object without sending it), miss, or bypass (the cache was not used).',
    labelNames: ['result'],
    read: ({ results }) => Object.entries(results).map(([result, value]) => ({ labels: { result }, value })),
  },
  single(
    'fedbridge_cache_confirmations_total',
    'Requests in which S3 confirmed, for one session, that a cached object version is current, and did not send the object again.',
    ({ confirmations }) => confirmations,
  ),
  single(
    'fedbridge_cache_hit_bytes_total',
    'Bytes that were already in the cache when they were sent to callers.',
    ({ cachedBytes }) => cachedBytes,
  ),
  single(
    'fedbridge_cache_sent_bytes_total',
    'Bytes sent to callers through the cache, including bytes that the cache first had to request from S3.',
    ({ sentBytes }) => sentBytes,
  ),
  single(
    'fedbridge_cache_s3_bytes_total',
    'Bytes of objects that the cache received from S3.',
    ({ s3Bytes }) => s3Bytes,
  ),
  single(
    'fedbridge_cache_amplification',
    'Bytes received from S3 for each byte sent to callers through the cache, since the start. A value above 1 means that callers read small parts of the blocks.',
    ({ s3Bytes, sentBytes }) => (sentBytes === 0 ? 0 : s3Bytes / sentBytes),
  ),
  single(
    'fedbridge_cache_evictions_total',
    'Blocks that were removed to make room for other blocks.',
    ({ evictions }) => evictions,
  ),
  single(
    'fedbridge_cache_used_bytes',
    "Bytes of the cache's memory that are in use.",
    ({ usedBytes }) => usedBytes,
  ),
  single(
    'fedbridge_cache_pinned_bytes',
    "Bytes of the cache's memory that are being received or sent now, so they cannot be removed.",
    ({ pinnedBytes }) => pinnedBytes,
  ),
  single(
    'fedbridge_cache_capacity_bytes',
    "The size of the cache's memory for blocks.",
    ({ capacityBytes }) => capacityBytes,
  ),
  single(
    'fedbridge_cache_objects',
    'Objects whose metadata is in the cache, with or without blocks of their content.',
    ({ objects }) => objects,
  ),
];
