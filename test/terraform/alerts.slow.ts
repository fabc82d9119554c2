// The log-based metrics in the Terraform files match a real bridge's log lines, and extract the right labels.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openToProject, asAccount, READABLE } from '../support/sessions-at-sts.ts';
import type { LogLine } from '../support/bridge-process.ts';
import { until } from '../support/until.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { FIVE, rootValues } from './sample.ts';

interface LogMetric {
  readonly filter: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Matches only strings. */
function fieldOf(line: LogLine, path: string): string | undefined {
  const value = line[path.replace('jsonPayload.', '')];
  return typeof value === 'string' ? value : undefined;
}

/** Evaluates a Cloud Logging filter that consists only of `FIELD=~"REGEX"` and `FIELD:*`, joined by AND. */
function matches(line: LogLine, { filter }: LogMetric): boolean {
  return filter.split(' AND ').every((term) => {
    const [, path = '', pattern] = /^(jsonPayload\.\w+)(?:=~"(.+)"|:\*)$/.exec(term) ?? [];
    assert.ok(path, `${term} must have a known form`);
    const value = fieldOf(line, path);
    return value !== undefined && (pattern === undefined || new RegExp(pattern).test(value));
  });
}

function labelsOf(line: LogLine, { labels }: LogMetric): Record<string, unknown> {
  const value = (extractor: string): unknown => {
    const [, path = '', pattern] =
      /^(?:REGEXP_)?EXTRACT\((jsonPayload\.\w+)(?:, "(.+)")?\)$/.exec(extractor) ?? [];
    const field = fieldOf(line, path);
    return pattern === undefined ? field : new RegExp(pattern).exec(field ?? '')?.[1];
  };
  return Object.fromEntries(Object.entries(labels).map(([label, extractor]) => [label, value(extractor)]));
}

const root = await rootValues(FIVE);
const metrics = (await root.local('log_metrics')) as Readonly<Record<string, LogMetric>>;

describe('the log-based metrics in the Terraform files', () => {
  const metric = (name: string): LogMetric => {
    const found = metrics[name];
    assert.ok(found);
    return found;
  };
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());
  /** Waits for a log line that the metric counts. @returns all lines that it counts */
  const counted = async (name: string): Promise<readonly LogLine[]> => {
    const lines = (): LogLine[] => wire.bridge.lines.filter((line) => matches(line, metric(name)));
    await until(`a line for ${name}`, () => lines().length > 0);
    return lines();
  };

  it('count failed requests by fault and operation', async () => {
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    assert.equal((await wire.get(READABLE)).status, 401);
    const lines = await counted('faults');
    assert.deepEqual(
      lines.map((line) => labelsOf(line, metric('faults'))),
      [{ fault: 'token_missing', operation: lines[0]?.['operation'] }],
    );
    assert.equal(typeof lines[0]?.['operation'], 'string');
  });
  it('count failed role assumptions by role and fault', async () => {
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 2) })).status, 502);
    const lines = await counted('role_failures');
    assert.deepEqual(
      lines.map((line) => labelsOf(line, metric('role_failures'))),
      [{ role: 'lake', fault: 'sts_denied' }],
    );
    await wire.clearFaults();
  });
  it('count failed renewals by role and fault while the old credentials are still valid', async () => {
    await wire.control('PUT', '/durations', { credentials: 4 });
    const headers = asAccount(wire, 3);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    await until('a renewal fails', async () => {
      await wire.get(READABLE, { headers });
      return wire.bridge.lines.some((line) => matches(line, metric('renewal_failures')));
    });
    const [line] = await counted('renewal_failures');
    assert.ok(line);
    assert.deepEqual(labelsOf(line, metric('renewal_failures')), { role: 'lake', fault: 'sts_denied' });
    assert.equal(line['severity'], 'ERROR');
  });
});
