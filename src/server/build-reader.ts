// Builds the reader from the configuration, and logs what it learns about S3, clocks and distributions.
import type { CacheStore } from '../cache/cache-store.ts';
import type { Config } from '../config/types.ts';
import type { Transport } from '../http1/transport.ts';
import { lineLimit } from '../observability/bounded-lines.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { withEgressBudget } from '../s3/budget/budgeted-read.ts';
import { withChecksums } from '../s3/checksum.ts';
import { s3Clock } from '../s3/clock-offset.ts';
import { withCloudFront } from '../s3/cloudfront/cloudfront-read.ts';
import { FALLBACKS } from '../s3/cloudfront/fallbacks.ts';
import { withIfRange } from '../s3/if-range.ts';
import type { BlockPool } from '../s3/read-ahead/block-pool.ts';
import { withReadAhead } from '../s3/read-ahead/read-ahead.ts';
import { createReader } from '../s3/read.ts';
import type { Reader } from '../s3/read.ts';
import { retryingRead } from '../s3/retry/resume.ts';
import { createSigner } from '../s3/signature.ts';
import { withConfiguredCache } from './build-cache.ts';

/**
 * The maximum number of log lines per ten seconds about fallbacks of one bucket for one reason. The access log shows every
 * fallback.
 */
const FALLBACK_LINES = 1;

/**
 * Builds the reader in layers: a signed read, then distributions, retries and resumes, reading ahead, egress budgets, checksums,
 * the cache, and If-Range. Layers that the configuration does not need are omitted.
 */
export function buildReader(
  config: Config,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  {
    transport,
    readAheadPool: pool,
    cache,
  }: {
    readonly transport: Transport;
    readonly readAheadPool: BlockPool;
    readonly cache: CacheStore | undefined;
  },
): Reader {
  const sign = createSigner();
  const clock = s3Clock((bucket, aheadMs) => {
    const aheadSeconds = Math.round(aheadMs / 1000);
    log(
      'WARNING',
      `S3's clock is ${aheadSeconds} s ahead of this machine's; requests are signed with S3's time`,
      {
        bucket,
        aheadSeconds,
        remedy:
          "Correct this machine's clock: the bridge also uses it to validate Google's tokens. If the clock is correct, check the bucket's endpoint.",
      },
    );
  });
  const { read, regionOf } = createReader({
    transport,
    sign,
    defaultRegion: config.aws.region,
    onRegionLearned: (bucket, region) => {
      log('WARNING', `bucket ${bucket} is in ${region}`, {
        bucket,
        region,
        remedy: `Set the bucket's region to ${region}.`,
      });
    },
    clock,
  });
  const buckets = [...config.buckets.values()];
  const stallMs = config.limits.stallSeconds * 1000;
  const mayLogFallback = lineLimit(log, 'reads that bypassed CloudFront', FALLBACK_LINES);
  const routed = buckets.some(({ via }) => via !== undefined)
    ? withCloudFront(read, {
        transport,
        sign,
        clock,
        regionOf,
        onFallback: ({ name, via }, { reason, detail }) => {
          metrics.cloudFrontFallback(reason);
          if (!mayLogFallback(`${name} ${reason}`, 'WARNING')) return;
          const { found, fix } = FALLBACKS[reason];
          log('WARNING', `bucket ${name}: ${found}, so the bridge read from S3 directly`, {
            bucket: name,
            via,
            cloudFrontFallback: reason,
            cause: detail,
            remedy: fix,
          });
        },
      })
    : read;
  const retrying = retryingRead(routed, { stallMs, onRetry: metrics.s3Retry });
  const { connections } = config.readAhead;
  const joining = connections > 1 ? withReadAhead(retrying, { connections, pool, metrics }) : retrying;
  const budgeted = config.budgets.length === 0 ? joining : withEgressBudget(joining);
  const verifies = buckets.some(({ verifyChecksums }) => verifyChecksums);
  const fromS3 = verifies ? withChecksums(budgeted) : budgeted;
  return { read: withIfRange(withConfiguredCache(fromS3, cache, config.cache)), regionOf };
}
