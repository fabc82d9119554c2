// Adds up the bytes received from S3 in log lines, as the bridge writes them or as Cloud Logging exports them.
import type { Config, EgressPath } from '../../config/types.ts';
import { egressTotals } from '../../observability/egress/egress-totals.ts';
import type { EgressRow } from '../../observability/egress/egress-totals.ts';
import { jsonValues } from './json-values.ts';

export interface LoggedEgress {
  readonly rows: readonly EgressRow[];
  /** The number of request lines, including those of requests that received nothing from S3. */
  readonly requests: number;
  /** The number of lines without a number of bytes, such as those about the start of the bridge. */
  readonly otherLines: number;
  readonly problems: readonly LineProblem[];
  /** The number of all problems; `problems` contains only the first ones. */
  readonly problemCount: number;
}

export interface LineProblem {
  readonly line: number;
  readonly problem: string;
}

const MOST_PROBLEMS = 10;

/** @param buckets the configured buckets, whose regions are used for log lines without a region */
export async function readLog(
  chunks: AsyncIterable<string>,
  buckets: Config['buckets'],
): Promise<LoggedEgress> {
  const totals = egressTotals();
  const problems: LineProblem[] = [];
  let [requests, otherLines, problemCount] = [0, 0, 0];
  const report = (line: number, problem: string): void => {
    problemCount += 1;
    if (problems.length < MOST_PROBLEMS) problems.push({ line, problem });
  };
  for await (const entry of jsonValues(chunks)) {
    if ('problem' in entry) {
      report(entry.line, entry.problem);
      continue;
    }
    const line = lineOf(entry.value);
    if (line === undefined) {
      report(entry.line, 'is not a JSON object');
      continue;
    }
    const bytes = line['bytesFromS3'];
    if (bytes === undefined) {
      otherLines += 1;
      continue;
    }
    if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
      report(entry.line, 'has a bytesFromS3 that is not a number of bytes');
      continue;
    }
    // Bytes that arrived after a response had ended are in an event line, and the request has its own line.
    if (line['event'] === undefined) requests += 1;
    if (bytes === 0) continue;
    const bucket = textIn(line, 'bucket') ?? '(unknown)';
    const region = textIn(line, 'region') ?? buckets.get(bucket)?.region;
    const caller = textIn(line, 'caller') ?? textIn(line, 'callerId') ?? '(unknown)';
    totals.add(caller, bucket, { region, path: pathOf(textIn(line, 'path')) }, bytes);
  }
  return { rows: totals.rows(), requests, otherLines, problems, problemCount };
}

/** Returns the bridge's own log line. An export from Cloud Logging contains this line as `jsonPayload`. */
function lineOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(value)) return undefined;
  const { jsonPayload } = value;
  return isObject(jsonPayload) ? jsonPayload : value;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textIn(line: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = line[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Returns the path in a log line. In a log line without a path, the path is `internet`, the usual one. */
const pathOf = (path: string | undefined): EgressPath =>
  path === 'cloudfront' || path === 'endpoint' ? path : 'internet';
