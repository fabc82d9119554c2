// The log-based metrics of our Terraform files count lines that the bridge does write, with the labels that these lines have.
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

/** Only texts are matched. */
function fieldOf(line: LogLine, path: string): string | undefined {
  const value = line[path.replace('jsonPayload.', '')];
  return typeof value === 'string' ? value : undefined;
}

/** Cloud Logging's filters, as far as ours go: `FIELD=~"REGEX"` and `FIELD:*`, joined by AND. */
function fits(line: LogLine, { filter }: LogMetric): boolean {
  return filter.split(' AND ').every((term) => {
    const [, path = '', pattern] = /^(jsonPayload\.\w+)(?:=~"(.+)"|:\*)$/.exec(term) ?? [];
    assert.ok(path, `${term} is a term that is known`);
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

describe('a log-based metric counts', () => {
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
  /** The lines that it counts, once there are any. */
  const counted = async (name: string): Promise<readonly LogLine[]> => {
    const lines = (): LogLine[] => wire.bridge.lines.filter((line) => fits(line, metric(name)));
    await until(`a line for ${name}`, () => lines().length > 0);
    return lines();
  };

  it('requests that fail, by fault and operation', async () => {
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    assert.equal((await wire.get(READABLE)).status, 401);
    const lines = await counted('faults');
    assert.deepEqual(
      lines.map((line) => labelsOf(line, metric('faults'))),
      [{ fault: 'token_missing', operation: lines[0]?.['operation'] }],
    );
    assert.equal(typeof lines[0]?.['operation'], 'string');
  });
  it('roles that cannot be assumed, by role and fault', async () => {
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 2) })).status, 502);
    const lines = await counted('role_failures');
    assert.deepEqual(
      lines.map((line) => labelsOf(line, metric('role_failures'))),
      [{ role: 'lake', fault: 'sts_denied' }],
    );
    await wire.clearFaults();
  });
  it('renewals that fail while the old credentials serve, by role and fault', async () => {
    await wire.control('PUT', '/durations', { credentials: 4 });
    const headers = asAccount(wire, 3);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    await until('a renewal fails', async () => {
      await wire.get(READABLE, { headers });
      return wire.bridge.lines.some((line) => fits(line, metric('renewal_failures')));
    });
    const [line] = await counted('renewal_failures');
    assert.ok(line);
    assert.deepEqual(labelsOf(line, metric('renewal_failures')), { role: 'lake', fault: 'sts_denied' });
    assert.equal(line['severity'], 'ERROR');
  });
});
