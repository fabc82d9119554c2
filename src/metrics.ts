// The one place that names each metric.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Step = 'token' | 'sts' | 's3_first_byte' | 'total';

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

  const requests = new Counter({
    name: 'fedbridge_requests_total',
    help: 'Requests answered, by operation and status.',
    labelNames: ['operation', 'status'],
    registers,
  });
  const bytes = new Counter({
    name: 'fedbridge_response_bytes_total',
    help: 'Bytes of bodies sent to callers, by operation.',
    labelNames: ['operation'],
    registers,
  });
  const steps = new Histogram({
    name: 'fedbridge_step_seconds',
    help: 'Time of each step of a request: verifying the token, waiting for STS, for the first byte from S3, and in total.',
    labelNames: ['step'],
    buckets: SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: 'fedbridge_tokens_total',
    help: "Callers' tokens: remembered, verified, or refused with the fault's code.",
    labelNames: ['outcome'],
    registers,
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

  const observe: Readonly<Record<Step, (seconds: number) => void>> = {
    token: observer(steps, 'token'),
    sts: observer(steps, 'sts'),
    s3_first_byte: observer(steps, 's3_first_byte'),
    total: observer(steps, 'total'),
  };
  return {
    request: (operation, status, sent) => {
      requests.inc({ operation, status });
      if (sent > 0) bytes.inc({ operation }, sent);
    },
    step: (step, seconds) => {
      observe[step](seconds);
    },
    token: (outcome) => {
      tokens.inc({ outcome });
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

function observer(histogram: Histogram, step: Step): (seconds: number) => void {
  const child = histogram.labels({ step });
  return (seconds) => {
    child.observe(seconds);
  };
}
