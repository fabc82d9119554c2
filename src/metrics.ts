// The one place that names each metric.
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Histogram } from 'prom-client';
import { stepTimes } from './step-times.ts';

const STEPS = ['token', 'sts', 's3_first_byte', 'total'] as const;

export type Step = (typeof STEPS)[number];

export interface Metrics {
  request(operation: string, status: number, bytes: number): void;
  step(step: Step, seconds: number): void;
  token(outcome: string): void;
  sts(role: string, outcome: string): void;
  /** S3 was asked again: for an answer, or for the rest of a body. */
  s3Retry(reason: string): void;
  /** Prometheus text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** From a warm small read within one region to a cold start behind a slow STS. */
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** @param sources.remainingSeconds least life of the credentials in use, by role name */
export function createMetrics(sources: {
  readonly remainingSeconds: () => ReadonlyMap<string, number>;
  readonly inFlight: () => number;
  readonly droppedLines: () => number;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  // What each request counts is kept here and told at a scrape: prom-client makes a text of the labels each time.
  const answered = new Map<string, Map<number, number>>();
  new Counter({
    name: 'fedbridge_requests_total',
    help: 'Requests answered, by operation and status.',
    labelNames: ['operation', 'status'],
    registers,
    collect() {
      this.reset();
      for (const [operation, byStatus] of answered)
        for (const [status, count] of byStatus) this.inc({ operation, status }, count);
    },
  });
  const bytes = new Map<string, number>();
  new Counter({
    name: 'fedbridge_response_bytes_total',
    help: 'Bytes of bodies sent to callers, by operation.',
    labelNames: ['operation'],
    registers,
    collect() {
      this.reset();
      for (const [operation, sent] of bytes) this.inc({ operation }, sent);
    },
  });
  const stepSeconds = 'fedbridge_step_seconds';
  const steps = stepTimes(stepSeconds, STEPS, SECONDS);
  const stepMetric = {
    name: stepSeconds,
    get: () => ({
      name: stepSeconds,
      help: 'Time of each step of a request: verifying the token, waiting for STS, for the first byte from S3, and in total.',
      type: 'histogram',
      values: steps.samples(),
    }),
  };
  // This much a registry asks of a metric (prom-client, lib/registry.js); its types want the whole class.
  registry.registerMetric(stepMetric as unknown as Histogram);
  const tokens = new Map<string, number>();
  new Counter({
    name: 'fedbridge_tokens_total',
    help: "Callers' tokens: remembered, verified, or refused with the fault's code.",
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
  const s3Retries = new Counter({
    name: 'fedbridge_s3_retries_total',
    help: "Times that S3 was asked again, by reason: its status, unreachable, timeout; or a body's rest: cut, stall.",
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'fedbridge_credentials_remaining_seconds',
    help: 'Least life left of the AWS credentials in use, by role. Below 60 means that renewal has been failing.',
    labelNames: ['role'],
    registers,
    collect() {
      this.reset();
      for (const [role, seconds] of sources.remainingSeconds()) this.set({ role }, seconds);
    },
  });
  new Gauge({
    name: 'fedbridge_requests_in_flight',
    help: 'Requests being answered.',
    registers,
    collect() {
      this.set(sources.inFlight());
    },
  });

  new Gauge({
    name: 'fedbridge_log_lines_dropped',
    help: 'Log lines lost so far, as nobody took what was written.',
    registers,
    collect() {
      this.set(sources.droppedLines());
    },
  });

  return {
    request: (operation, status, sent) => {
      let byStatus = answered.get(operation);
      if (byStatus === undefined) answered.set(operation, (byStatus = new Map<number, number>()));
      add(byStatus, status, 1);
      if (sent > 0) add(bytes, operation, sent);
    },
    step: steps.observe,
    token: (outcome) => {
      add(tokens, outcome, 1);
    },
    sts: (role, outcome) => {
      sts.inc({ role, outcome });
    },
    s3Retry: (reason) => {
      s3Retries.inc({ reason });
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
