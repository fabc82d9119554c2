// The log-based metrics in the Terraform files match a real bridge's log lines, and extract the right labels.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openToProject, asAccount, READABLE } from '../support/sessions-at-sts.ts';
import type { LogLine } from '../support/bridge-process.ts';
import { until } from '../support/until.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { FAULTS } from '../../src/errors/table.ts';
import { readModule } from './modules.ts';
import { FIVE, rootValues } from './sample.ts';

interface LogMetric {
  readonly filter: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Matches only strings. */
function fieldOf(line: LogLine, path: string): string | undefined {
  const value = path
    .replace('jsonPayload.', '')
    .split('.')
    .reduce<unknown>(
      (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
      line,
    );
  return typeof value === 'string' ? value : undefined;
}

/** Evaluates a Cloud Logging filter that consists only of `FIELD=~"REGEX"` and `FIELD:*`, joined by AND. */
function matches(line: LogLine, { filter }: LogMetric): boolean {
  return filter.split(' AND ').every((term) => {
    const [, path = '', pattern] = /^(jsonPayload(?:\.\w+)+)(?:=~"(.+)"|:\*)$/.exec(term) ?? [];
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

  it('count failed requests by the labels fault and operation', async () => {
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
  it("count S3's denials by bucket and role", async () => {
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', times: 2 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 403);
    await wire.clearFaults();
    const lines = await counted('s3_denials');
    assert.deepEqual(
      lines.map((line) => labelsOf(line, metric('s3_denials'))),
      [{ bucket: 'acme-lake', role: 'lake' }],
    );
  });
  it('count egress budget warnings by caller, and count reads that a budget denies as faults', async () => {
    const budgets = 'budgets: [{ callers: ["project:acme-prod"], bytesPerDay: 20KB, warnAt: 0.5 }]';
    const limited = await startWire({ config: openToProject(budgets) });
    try {
      await limited.put('15k.bin', Buffer.alloc(15_000));
      const headers = asAccount(limited, 1);
      assert.equal((await limited.get('/acme-lake/15k.bin', { headers })).status, 200);
      const warning = await limited.bridge.line((line) => matches(line, metric('budget_warnings')));
      assert.equal(warning['event'], 'egress_budget_warning');
      assert.deepEqual(labelsOf(warning, metric('budget_warnings')), { caller: warning['callerId'] });
      assert.equal(typeof warning['callerId'], 'string');
      assert.equal((await limited.get('/acme-lake/15k.bin', { headers })).status, 403);
      const denial = await limited.bridge.line((line) => matches(line, metric('faults')));
      assert.deepEqual(labelsOf(denial, metric('faults')), {
        fault: 'egress_budget_exceeded',
        operation: 'GetObject',
      });
    } finally {
      await limited.close();
    }
  });
  it('count failed refreshes of signing keys by fault', async () => {
    const wireWithIssuer = await startWire({
      config: (contract) =>
        `${openToProject()(contract)}\nissuers: [{ name: other, kind: generic, url: "http://127.0.0.1:1/", audience: "${contract.audience}", jwks: "http://127.0.0.1:1/keys" }]`,
    });
    try {
      const { header, payload } = {
        header: { alg: 'RS256', kid: 'a' },
        payload: {
          iss: 'http://127.0.0.1:1/',
          aud: wireWithIssuer.sandbox.contract.audience,
          sub: 'x',
          exp: 9e9,
        },
      };
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const authorization = `Bearer ${part(header)}.${part(payload)}.${'A'.repeat(342)}`;
      assert.equal((await wireWithIssuer.get(READABLE, { headers: { authorization } })).status, 503);
      const line = await wireWithIssuer.bridge.line((one) => matches(one, metric('key_failures')));
      assert.deepEqual(labelsOf(line, metric('key_failures')), { fault: 'issuer_keys_unavailable' });
    } finally {
      await wireWithIssuer.close();
    }
  });
  it('extract the time until S3 responds from a field that log lines have', async () => {
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    const [block] = (await readModule('')).resources.filter(({ name }) => name === 'first_byte');
    assert.equal(block?.body['value_extractor'], 'EXTRACT(jsonPayload.milliseconds.s3FirstByte)');
    const line = await wire.bridge.line(({ status }) => status === 200);
    const { s3FirstByte } = line['milliseconds'] as Record<string, unknown>;
    assert.equal(typeof s3FirstByte, 'number');
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

describe('the alerts in the Terraform files', () => {
  interface Alert {
    readonly query: string;
    readonly text: string;
  }
  it('name only faults that the bridge has, and metrics that the module creates', async () => {
    const alerts = Object.entries((await root.local('service_alerts')) as Readonly<Record<string, Alert>>);
    assert.ok(alerts.length >= 8);
    const created = new Set([...Object.keys(metrics), 'first_byte', 'first_byte_bucket']);
    let named = 0;
    for (const [name, { query, text }] of alerts) {
      assert.doesNotMatch(`${query}${text}`, /undefined|\$\{/, name);
      for (const [, metricName = ''] of query.matchAll(/user_fedbridge_(\w+)\{/g))
        assert.ok(created.has(metricName), metricName);
      for (const [, faults = ''] of query.matchAll(/fault=~?"([^"]+)"/g))
        for (const fault of faults.split('|')) {
          assert.ok(fault in FAULTS, fault);
          named += 1;
        }
      assert.equal(query.split('(').length, query.split(')').length, query);
    }
    assert.equal(named, 5);
  });
});
