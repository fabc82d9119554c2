// Defines all metrics.
import { Counter, Gauge, Registry } from 'prom-client';
import type { Histogram } from 'prom-client';
import { callerLabels } from './caller-labels.ts';
import { CACHE_METRICS } from './cache-metrics.ts';
import type { CacheUsage } from './cache-metrics.ts';
import { histogram } from './histogram.ts';
import type { Sample } from './histogram.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import { readAheadMetrics } from './read-ahead-metrics.ts';
import type { ReadAheadMetrics } from './read-ahead-metrics.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';

export type Step = 'token' | 'sts' | 's3_first_byte';

export interface Metrics extends ReadAheadMetrics {
  request(operation: string, status: number, bytes: number): void;
  /** Counts a request and its bytes by bucket and by caller. */
  readonly traffic: Traffic['add'];
  /** Records a request's total duration. */
  requestDuration(seconds: number): void;
  stepDuration(step: Step, seconds: number): void;
  token(outcome: string): void;
  sts(role: string, outcome: string): void;
  /** Counts a request for AWS credentials that the caller's grants allow. */
  vended(role: string, outcome: string): void;
  /** Counts a retried S3 request or a resumed download. */
  s3Retry(reason: string): void;
  /** Counts a read that the caller's egress budget did not allow. @param caller email or unique ID */
  budgetDenied(caller: string): void;
  /** Counts a read that went directly to S3, although the bucket has a CloudFront distribution. */
  cloudFrontFallback(reason: string): void;
  /** Returns all metrics in Prometheus text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** One caller's egress budget for today, in bytes. */
export interface BudgetUse {
  /** The caller's email or unique ID. */
  readonly caller: string;
  readonly limit: number;
  /** The bytes received, and the bytes reserved for reads in progress. */
  readonly used: number;
}

/**
 * The bounds of the histograms. They range from the duration of a small read on a warm connection within a region to that of a
 * cold start with a slow STS.
 */
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** @param sources.remainingSeconds maps each role's name to the shortest remaining lifetime of its credentials */
export function createMetrics(sources: {
  readonly remainingSeconds: () => ReadonlyMap<string, number>;
  readonly inFlight: () => number;
  readonly droppedLines: () => number;
  readonly budgetUse: () => readonly BudgetUse[];
  readonly readAheadBytes: () => number;
  /** Returns undefined if there is no cache. */
  readonly cache: () => CacheUsage | undefined;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registerProcessMetrics(registry);

  // Requests and bytes are counted in maps and reported at a scrape, because prom-client would format the labels at each
  // increment.
  const responses = new Map<string, Map<number, number>>();
  new Counter({
    name: 'fedbridge_requests_total',
    help: 'Requests served, by operation and status.',
    labelNames: ['operation', 'status'],
    registers,
    collect() {
      this.reset();
      for (const [operation, byStatus] of responses)
        for (const [status, count] of byStatus) this.inc({ operation, status }, count);
    },
  });
  const bytes = new Map<string, number>();
  new Counter({
    name: 'fedbridge_response_bytes_total',
    help: "Body bytes that callers' connections accepted, by operation, including error documents and control routes.",
    labelNames: ['operation'],
    registers,
    collect() {
      this.reset();
      for (const [operation, sent] of bytes) this.inc({ operation }, sent);
    },
  });
  const register = (
    type: 'histogram' | 'counter',
    { name, help }: { readonly name: string; readonly help: string },
    samples: () => readonly Sample[],
  ): void => {
    const metric = { name, get: () => ({ name, help, type, values: samples() }) };
    // A registry uses only these members of a metric (prom-client, lib/registry.js), although its types require the whole class.
    registry.registerMetric(metric as unknown as Histogram);
  };
  const traffic = createTraffic();
  for (const counter of traffic.counters) register('counter', counter, counter.samples);
  const requests = 'fedbridge_request_duration_seconds';
  const requestSeconds = histogram(requests, SECONDS);
  register(
    'histogram',
    { name: requests, help: "Time from the arrival of a request's headers to the end of its response." },
    () => requestSeconds.samples(),
  );
  const steps = 'fedbridge_step_duration_seconds';
  const stepSeconds = {
    token: histogram(steps, SECONDS),
    sts: histogram(steps, SECONDS),
    s3_first_byte: histogram(steps, SECONDS),
  };
  register(
    'histogram',
    {
      name: steps,
      help: 'Duration of each step in serving a request: verifying the token, waiting for STS, waiting for the first byte from S3.',
    },
    () => Object.entries(stepSeconds).flatMap(([step, times]) => times.samples({ step })),
  );
  const tokens = new Map<string, number>();
  new Counter({
    name: 'fedbridge_caller_tokens_total',
    help: "Tokens that callers sent, by outcome: cached, verified, or the fault's code.",
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of tokens) this.inc({ outcome }, count);
    },
  });
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

  const labelOf = callerLabels();
  const budgetGauge = (name: string, help: string, bytesOf: (use: BudgetUse) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['caller'],
      registers,
      collect() {
        this.reset();
        for (const use of sources.budgetUse()) this.inc({ caller: labelOf(use.caller) }, bytesOf(use));
      },
    });
  };
  budgetGauge(
    'fedbridge_egress_budget_bytes',
    "The egress budget of each caller that has read today, in bytes per UTC day. All callers after the first 1,000 are added up as 'other'.",
    ({ limit }) => limit,
  );
  budgetGauge(
    'fedbridge_egress_budget_used_bytes',
    'Bytes of the egress budget that each caller has used today or that are reserved for its reads in progress. Starts again at 00:00 UTC.',
    ({ used }) => used,
  );
  const budgetDenials = new Counter({
    name: 'fedbridge_egress_budget_denials_total',
    help: 'Reads that an egress budget did not allow, by caller.',
    labelNames: ['caller'],
    registers,
  });

  new Counter({
    name: 'fedbridge_log_lines_dropped_total',
    help: 'Log lines dropped because standard output was not read fast enough.',
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
    request: (operation, status, sent) => {
      let byStatus = responses.get(operation);
      if (byStatus === undefined) responses.set(operation, (byStatus = new Map<number, number>()));
      add(byStatus, status, 1);
      if (sent > 0) add(bytes, operation, sent);
    },
    traffic: traffic.add,
    requestDuration: requestSeconds.observe,
    stepDuration: (step, seconds) => {
      stepSeconds[step].observe(seconds);
    },
    token: (outcome) => {
      add(tokens, outcome, 1);
    },
    sts: (role, outcome) => {
      sts.inc({ role, outcome });
    },
    vended: (role, outcome) => {
      vended.inc({ role, outcome });
    },
    budgetDenied: (caller) => {
      budgetDenials.inc({ caller: labelOf(caller) });
    },
    s3Retry: (reason) => {
      s3Retries.inc({ reason });
    },
    ...readAhead,
    cloudFrontFallback: (reason) => {
      cloudFrontFallbacks.inc({ reason });
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
