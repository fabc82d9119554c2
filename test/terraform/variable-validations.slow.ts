// Every variable in the Terraform files has a description and a type. The error for an invalid value states the rule and the
// remedy.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SHARED_AUDIENCES, UNSHARED_AUDIENCES } from '../config/audiences.ts';
import { readModules, readSubmodules } from './modules.ts';
import type { Block } from './modules.ts';
import { FIVE, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';
import { ACCOUNT, deliveryOf, DIGEST, grantOf, KEY, SUBNET, WRONG } from './wrong-values.ts';

const modules = [...(await readModules()), ...(await readSubmodules())];
const [root] = modules;
assert.equal(root?.path, '');

const rulesOf = ({ body }: Block): { condition: string; error_message: string }[] =>
  (body['validation'] ?? []) as { condition: string; error_message: string }[];

describe('a Terraform variable', () => {
  for (const { file, name, body } of modules.flatMap(({ variables }) => variables)) {
    it(`has a description and a type: ${file} ${name}`, () => {
      assert.match(String(body['description']), /^[A-Z].{20,}\.$/);
      assert.match(String(body['type']), /^\$\{/);
    });
  }
  for (const block of root.variables) {
    it(`has a validation if it is in the root module and is not a bool: ${block.name}`, () => {
      if (block.body['type'] === '${bool}') return;
      assert.ok(rulesOf(block).length > 0);
    });
  }
  for (const block of modules.flatMap(({ variables }) => variables)) {
    for (const { condition, error_message: message } of rulesOf(block)) {
      it(`is used in each of its own validation conditions, as Terraform requires: ${message.slice(0, 50)}…`, () => {
        assert.match(condition, new RegExp(`\\bvar\\.${block.name}\\b`));
      });
      it(`has an error message with the field, the rule and the remedy: ${message.slice(0, 50)}…`, () => {
        assert.ok(message.startsWith(block.name), 'the message begins with the name of the variable');
        assert.match(message, /\bmust\b/, 'the message contains the rule');
        assert.match(
          message.replaceAll(/`[^`]*`/g, 'it'),
          /[.:] [\w`].*\.$/s,
          'the message contains the remedy in whole sentences',
        );
      });
    }
  }
  it('has a default, except for five variables in the root module', () => {
    const required = root.variables.filter(({ body }) => !('default' in body)).map(({ name }) => name);
    assert.deepEqual(new Set(required), new Set(Object.keys(FIVE)));
  });
});

describe('Terraform variable validation', () => {
  for (const [variable, value, rule, others = {}] of WRONG) {
    it(`rejects ${variable} = ${JSON.stringify(value)}`, async () => {
      const values = await rootValues({ ...FIVE, ...others, [variable]: value });
      const problems = await values.problemsOf(variable);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems.join(), rule);
    });
  }
  it('is tested with an invalid value for every rule', async () => {
    const tried = await Promise.all(
      WRONG.map(async ([variable, value, , others = {}]) =>
        (await rootValues({ ...FIVE, ...others, [variable]: value })).problemsOf(variable),
      ),
    );
    const untried = root.variables.flatMap(rulesOf).map(({ error_message: message }) => message);
    assert.deepEqual(
      untried.filter((message) => !tried.flat().includes(message)),
      [],
    );
  });
});

describe('Terraform audience validation', () => {
  const problemsOf = async (variable: string, value: unknown, others: Variables = {}) =>
    (await rootValues({ ...FIVE, ...others, [variable]: value })).problemsOf(variable);

  for (const [audience, whose] of SHARED_AUDIENCES)
    it(`rejects ${audience} unless shared audiences are allowed`, async () => {
      assert.match((await problemsOf('audiences', [audience])).join(), /must be only for this bridge/);
      const allowed = { settings: { allow_shared_audience: true } };
      assert.deepEqual(await problemsOf('audiences', [audience], allowed), []);
      const ofSts = await problemsOf('sts_audience', audience);
      assert.equal(ofSts.length, whose.includes('STS') ? 0 : 1, ofSts.join());
    });
  for (const audience of UNSHARED_AUDIENCES)
    it(`accepts ${audience}`, async () => {
      assert.deepEqual(await problemsOf('audiences', [audience]), []);
      assert.deepEqual(await problemsOf('sts_audience', audience), []);
    });
});

describe('Terraform variable validation', () => {
  for (const [variable, value, others = {}] of [
    ['region', 'northamerica-northeast2'],
    ['aws_region', 'us-gov-west-1'],
    ['buckets', { 'acme-lake': { target: 'arn:aws:s3:eu-west-1:123456789012:accesspoint/lake' } }],
    [
      'grants',
      grantOf({
        callers: ['a@example.com#112010400000000710080', '112010400000000710080', 'project:acme-prod'],
      }),
    ],
    ['roles', { lake: { arn: 'arn:aws:iam::123456789012:role/team:lake/reader' } }],
    ['grants', grantOf({ prefix: 'ключи/$*?/' })],
    ...['900s', '15m', '1h', '720m', '12h'].map((duration) => ['roles', { lake: { duration } }] as const),
    ['invokers', ['principalSet://x/y'], { invoker_check: true }],
    ['egress_cidr', '10.8.0.0/24'],
    ['egress_cidr', '10.8.0.0/26', { max_instances: 15 }],
    ['egress_cidr', '10.8.0.0/26', { max_instances: 13, console: {} }],
    ['grants', grantOf({ callers: ['user:Ana@acme.example'] }), { console: {} }],
    ['console', { viewers: ['domain:acme.example', 'principalSet://x/y'], audience: '/projects/1/apps/x' }],
    ['memory', '2Gi', { cpu: '4' }],
    ['memory', '4Gi', { cpu: '8' }],
    ['memory', '4Gi'],
    ['memory', '16Gi', { cpu: '4' }],
    ['service_account', { email: ACCOUNT, unique_id: '104815162342108150001' }],
    ['vpc', { subnet: SUBNET, tags: ['aws'], all_traffic: false }],
    ['encryption_key', KEY],
    ['labels', { team: 'data', cost_center: '' }],
    ['aws_roles', { path: '/a/b/', permissions_boundary: 'arn:aws-us-gov:iam::aws:policy/x/y' }],
    ['build_node_image', `mirror.example/library/node@${DIGEST}`],
    ['max_instances', 1],
    ['settings', { limits: { in_flight: 200 } }],
    ['delivery', deliveryOf({ branch: 'release/1.x' }), { ingress: 'all' }],
    ['settings', { limits: { drain: '9s', stall: '5m' }, chunk_above: '32MiB' }],
    ['settings', { cors: { origins: ['*'], max_age: '1h' }, limits: {} }],
    ['settings', { read_ahead: { connections: 1 } }],
    ['settings', { read_ahead: { memory: '1GiB' } }],
  ] as const) {
    it(`accepts ${variable} = ${JSON.stringify(value)}`, async () => {
      const values = await rootValues({ ...FIVE, ...others, [variable]: value });
      assert.deepEqual(await values.problemsOf(variable), []);
    });
  }
  it('accepts the default of every variable', async () => {
    const values = await rootValues(FIVE);
    for (const { name } of root.variables) assert.deepEqual(await values.problemsOf(name), [], name);
  });
});
