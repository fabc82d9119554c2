// Prometheus evaluates the alerts in the Terraform files, and each opens and stays closed as described. Cloud Monitoring
// evaluates the same queries, but counts a new time series from 0; here, each series begins at 0.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { creations } from '../terraform/created.ts';
import { moduleValues } from '../terraform/module-values.ts';
import { readModule } from '../terraform/modules.ts';
import type { Body } from '../terraform/modules.ts';
import { FIVE, rootStandIns } from '../terraform/sample.ts';
import { ALERT_CASES, MINUTES } from './alert-cases.ts';
import { run, unavailable } from './program.ts';

const VARIABLES = { ...FIVE, roles: { lake: {}, partner: {} }, buckets: { 'acme-lake': { role: 'lake' } } };

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
}

/** The rules of the module's alerts, by their names in the Terraform files. */
async function readRules(): Promise<readonly Rule[]> {
  const root = await readModule('');
  const policies = root.resources.filter(({ type }) => type === 'google_monitoring_alert_policy');
  const service = (await moduleValues(root, VARIABLES, rootStandIns(VARIABLES)).local(
    'service_alerts',
  )) as object;
  const rules = policies.map(async (block) => {
    const names = block.name === 'service' ? Object.keys(service) : [block.name];
    return (await creations(root, VARIABLES)(block)).map((policy, i) => {
      const [condition] = policy['conditions'] as Body[];
      const [query] = condition?.['condition_prometheus_query_language'] as Body[];
      return { alert: names[i] ?? '', expr: String(query?.['query']), for: String(query?.['duration']) };
    });
  });
  return (await Promise.all(rules)).flat();
}

const directory = mkdtempSync(join(tmpdir(), 'fedbridge-alerts-'));
after(() => {
  rmSync(directory, { recursive: true });
});

describe('the alerts in the Terraform files', { skip: unavailable('promtool') }, async () => {
  const rules = await readRules();
  // promtool accepts JSON, because it is valid YAML.
  writeFileSync(join(directory, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'fedbridge', rules }] }));

  it('all have a test case', () => {
    const tested = ALERT_CASES.filter(({ open }) => open.length > 0).map(({ alert }) => alert);
    assert.deepEqual(new Set(rules.map(({ alert }) => alert)), new Set(tested));
  });

  for (const [i, { alert, what, series, open }] of ALERT_CASES.entries())
    it(`the alert "${alert}" ${open.length > 0 ? 'opens' : 'does not open'} if ${what}`, async () => {
      const test = {
        rule_files: ['rules.yaml'],
        evaluation_interval: '1m',
        tests: [
          {
            interval: '1m',
            input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
            alert_rule_test: [
              {
                eval_time: `${MINUTES}m`,
                alertname: alert,
                exp_alerts: open.map((labels) => ({ exp_labels: labels })),
              },
            ],
          },
        ],
      };
      const file = join(directory, `${i}.yaml`);
      writeFileSync(file, JSON.stringify(test));
      const { code, said } = await run('promtool', ['test', 'rules', file]);
      assert.equal(code, 0, said);
    });
});

describe('the dashboard in the Terraform files', { skip: unavailable('promtool') }, () => {
  it('contains only valid queries', async () => {
    const root = await readModule('');
    const charts = (await moduleValues(root, VARIABLES, rootStandIns(VARIABLES)).local('charts')) as {
      readonly query: string;
    }[];
    assert.ok(charts.length >= 6);
    const rules = charts.map(({ query }, i) => ({ record: `chart:${i}`, expr: query }));
    const file = join(directory, 'charts.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'charts', rules }] }));
    const { code, said } = await run('promtool', ['check', 'rules', file]);
    assert.equal(code, 0, said);
  });
});
