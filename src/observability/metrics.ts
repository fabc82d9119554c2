// Registers all metrics, and defines those about calls to STS and S3, sessions, load and the log.
import { Counter, Gauge, Registry } from 'prom-client';
import { budgetMetrics } from './budget-metrics.ts';
import type { BudgetMetrics, BudgetUse } from './budget-metrics.ts';
import { CACHE_METRICS } from './cache-metrics.ts';
import type { CacheUsage } from './cache-metrics.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import { readAheadMetrics } from './read-ahead-metrics.ts';
import type { ReadAheadMetrics } from './read-ahead-metrics.ts';
import { requestMetrics } from './request-metrics.ts';
import type { RequestMetrics } from './request-metrics.ts';

export interface Metrics extends RequestMetrics, ReadAheadMetrics, BudgetMetrics {
  sts(role: string, outcome: string): void;
  /** Counts a request for AWS credentials that the caller's grants allow. */
  vended(role: string, outcome: string): void;
  /** Counts a retried S3 request or a resumed download. */
  s3Retry(reason: string): void;
  /** Counts a read that went directly to S3, although the bucket has a CloudFront distribution. */
  cloudFrontFallback(reason: string): void;
  /** Returns all metrics in Prometheus text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** @param sources.remainingSeconds maps each role's name to the shortest remaining lifetime of its credentials */
export function createMetrics(sources: {
  readonly remainingSeconds: () => ReadonlyMap<string, number>;
  readonly inFlight: () => number;
  readonly droppedLines: () => number;
  readonly budgetUse: () => readonly BudgetUse[];
  readonly readAheadBytes: () => number;
  /** Returns the cache's own counts; undefined if there is no cache. */
  readonly cache: () => CacheUsage | undefined;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registerProcessMetrics(registry);
  const requests = requestMetrics(registry);
  const sts = new Counter({
    name: 'fedbridge_sts_calls_total',
    help: "Role assumptions, by role and outcome: ok, or the fault's code.",
    labelNames: ['role', 'outcome'],
    registers,
  });
  const vended = new Counter({
    name: 'fedbridge_vended_credentials_total',
    help: "Requests for AWS credentials that a grant with vend allowed, by role and outcome: ok, or the fault's code.",
    labelNames: ['role', 'outcome'],
    registers,
  });
  const s3Retries = new Counter({
    name: 'fedbridge_s3_retries_total',
    help: 'Retried requests to S3 (reason: the status from S3, unreachable or timeout), and resumed downloads (reason: truncated or stall).',
    labelNames: ['reason'],
    registers,
  });
  const readAhead = readAheadMetrics(registry, sources.readAheadBytes);
  const cloudFrontFallbacks = new Counter({
    name: 'fedbridge_cloudfront_fallbacks_total',
    help: "Reads that S3 served directly, because the bucket's CloudFront distribution did not return S3's response, by reason: unavailable, signature, cached, not_s3 or refused.",
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'fedbridge_credentials_remaining_seconds',
    help: 'Shortest remaining lifetime of the AWS credentials in use, by role, in seconds. A value below 60 means that renewals are failing.',
    labelNames: ['role'],
    registers,
    collect() {
      this.reset();
      for (const [role, seconds] of sources.remainingSeconds()) this.set({ role }, seconds);
    },
  });
  new Gauge({
    name: 'fedbridge_requests_in_flight',
    help: 'Requests in progress.',
    registers,
    collect() {
      this.set(sources.inFlight());
    },
  });
  const budgets = budgetMetrics(registry, sources.budgetUse);
  new Counter({
    name: 'fedbridge_log_lines_dropped_total',
    help: 'Log lines that were dropped because standard output was not read fast enough.',
    registers,
    collect() {
      this.reset();
      this.inc(sources.droppedLines());
    },
  });

  for (const { name, help, labelNames, read } of CACHE_METRICS) {
    const isCounter = name.endsWith('_total');
    new (isCounter ? Counter : Gauge)({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        const usage = sources.cache();
        if (usage === undefined) return;
        for (const { labels, value } of read(usage)) this.inc(labels, value);
      },
    });
  }

  return {
    ...requests,
    sts: (role, outcome) => {
      sts.inc({ role, outcome });
    },
    vended: (role, outcome) => {
      vended.inc({ role, outcome });
    },
    s3Retry: (reason) => {
      s3Retries.inc({ reason });
    },
    ...readAhead,
    ...budgets,
    cloudFrontFallback: (reason) => {
      cloudFrontFallbacks.inc({ reason });
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
