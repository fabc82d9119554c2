// Defines the metrics of callers' requests: their number, bytes, durations and tokens.
import { Counter } from 'prom-client';
import type { Histogram, Registry } from 'prom-client';
import { histogram } from './histogram.ts';
import type { Sample } from './histogram.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';

export type Step = 'token' | 'sts' | 's3_first_byte';

export interface RequestMetrics {
  request(operation: string, status: number, bytes: number): void;
  /** Counts a request and its bytes by bucket and by caller. */
  readonly traffic: Traffic['add'];
  readonly lateTraffic: Traffic['addLate'];
  /** Records a request's total duration. */
  requestDuration(seconds: number): void;
  stepDuration(step: Step, seconds: number): void;
  token(outcome: string): void;
}

/**
 * The bounds of the histograms. The bounds range from the duration of a small read on a warm connection within a region to that
 * of a cold start with a slow STS.
 */
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function requestMetrics(registry: Registry): RequestMetrics {
  const registers = [registry];
  // Requests, bytes and tokens are counted in maps and reported at a scrape, because prom-client would format the labels at each
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
  return {
    request: (operation, status, sent) => {
      let byStatus = responses.get(operation);
      if (byStatus === undefined) responses.set(operation, (byStatus = new Map<number, number>()));
      add(byStatus, status, 1);
      if (sent > 0) add(bytes, operation, sent);
    },
    traffic: traffic.add,
    lateTraffic: traffic.addLate,
    requestDuration: requestSeconds.observe,
    stepDuration: (step, seconds) => {
      stepSeconds[step].observe(seconds);
    },
    token: (outcome) => {
      add(tokens, outcome, 1);
    },
  };
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
