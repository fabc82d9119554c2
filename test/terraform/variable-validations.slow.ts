// Every variable in the Terraform files has a description and a type. The error for an invalid value states the rule and the
// remedy.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SHARED_AUDIENCES, UNSHARED_AUDIENCES } from '../config/audiences.ts';
import { readModules, readSubmodules } from './modules.ts';
import type { Block } from './modules.ts';
import { FIVE, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';

const modules = [...(await readModules()), ...(await readSubmodules())];
const [root] = modules;
assert.equal(root?.path, '');

const rulesOf = ({ body }: Block): { error_message: string }[] =>
  (body['validation'] ?? []) as { error_message: string }[];

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
    for (const { error_message: message } of rulesOf(block)) {
      it(`reports the field, the rule and the remedy: ${message.slice(0, 50)}…`, () => {
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

const grantOf = (more: object): object[] => [
  { callers: ['reader@example.com'], bucket: 'acme-lake', ...more },
];

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const deliveryOf = (more: object): object => ({
  repository: 'projects/acme-prod/locations/europe-west1/connections/github/repositories/fedbridge',
  source_url: 'https://git.example/fedbridge',
  node_image: `node@${DIGEST}`,
  docker_image: `builders.example/docker@${DIGEST}`,
  gcloud_image: `builders.example/google-cloud-cli@${DIGEST}`,
  probe_bucket: 'acme-lake',
  probe_key: 'probe/healthz',
  ...more,
});

/** For each variable, an invalid value, a pattern for the error message, and other variables on which the rule depends. */
const WRONG: readonly (readonly [variable: string, value: unknown, rule: RegExp, others?: Variables])[] = [
  ['project', '123456789012', /project ID/],
  ['project', 'Acme Production', /project ID/],
  ['region', 'europe-west1-b', /A zone/],
  ['aws_region', 'Ireland', /its code/],
  ['buckets', {}, /at least one entry/],
  ['buckets', { Acme_Lake: {} }, /lowercase/],
  ['buckets', { 'acme-lake': { target: 's3://acme-lake' } }, /target must be/],
  ['buckets', { 'acme-lake': { target: 'lake-x1y2z3-s3alias' } }, /An alias/],
  ...['lake--use1-az4--x-s3', 'lake.mrap', 'lake--table-s3', 'lake--ol-s3'].map(
    (target) => ['buckets', { 'acme-lake': { target } }, /not accepted/] as const,
  ),
  ['buckets', { 'acme-lake': { kms_keys: ['alias/lake'] } }, /kms_keys must be/],
  ['buckets', { 'acme-lake': { role: 'lake' } }, /role must be the name/],
  ['buckets', { 'acme-lake': {} }, /only if there is one/, { roles: { a: {}, b: {} } }],
  ['grants', [], /nobody may read/],
  ['grants', grantOf({ callers: [] }), /must not be empty/],
  ['grants', grantOf({ callers: ['serviceAccount:reader@example.com'] }), /IAM member/],
  ['grants', grantOf({ callers: ['reader'] }), /must be an e-mail/],
  ['grants', grantOf({ bucket: 'acme-lak' }), /an entry of buckets/],
  ['grants', grantOf({ allow: ['get', 'put'] }), /only reads/],
  ['grants', grantOf({ prefix: 'raw/public' }), /must end with/],
  ['grants', grantOf({ prefix: 'raw/', key: 'raw/one.csv' }), /must not have both prefix and key/],
  ['roles', {}, /at least one entry/],
  ['roles', { lake: { arn: 'gcp-lake-read' } }, /ARN of an IAM role/],
  ['roles', { lake: { then: [{ arn: 'lake-data' }] } }, /ARN of an IAM role/],
  ...['10m', '13h', '3600', '1H', '1h30m', '1.5h'].map(
    (duration) => ['roles', { lake: { duration } }, /from 15m to 12h/] as const,
  ),
  [
    'roles',
    { lake: { duration: '2h', then: [{ arn: 'arn:aws:iam::123456789012:role/x' }] } },
    /at most 1h if `then` is not empty/,
  ],
  ['roles', { lake: { session: 'me' } }, /caller or bridge/],
  [
    'roles',
    { lake: { then: [{ arn: 'arn:aws:iam::123456789012:role/x', source_identity: 'me' }] } },
    /source_identity/,
  ],
  ['audiences', ['fedbridge'], /must not contain sts_audience/],
  ['audiences', [' https://lake-bridge.example'], /without leading or trailing spaces/],
  ['audiences', ['https://lake-bridge.example', '1.apps.googleusercontent.com'], /OAuth client IDs/],
  ['sts_audience', '', /must be a non-empty string/],
  ['sts_audience', '1.apps.googleusercontent.com', /An OAuth client ID/],
  ['settings', { limits: { in_flight: 100 } }, /at least concurrency/],
  ...['10s', '9', '1m'].map((drain) => ['settings', { limits: { drain } }, /0s to 9s/] as const),
  ...['30', '1d', '1 h'].map(
    (stall) => ['settings', { limits: { stall } }, /stall and .* durations/] as const,
  ),
  ['settings', { cors: { origins: ['*'], max_age: '600' } }, /max_age .* durations/],
  ['settings', { chunk_above: '32000000' }, /chunk_above must be a size/],
  ['settings', { chunk_above: '32mb' }, /chunk_above must be a size/],
  ['name', 'fb', /6 to 30/],
  ['image', 'europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge:latest', /a digest/],
  ['config_in', 'file', /environment or secret/],
  ['port_name', 'http2', /http1 or h2c/],
  ['invokers', ['serviceAccount:probe@example.com'], /Set invoker_check/],
  ['invokers', ['probe@example.com'], /IAM members/, { invoker_check: true }],
  [
    'invokers',
    [],
    /by unique ID or project/,
    { invoker_check: true, grants: grantOf({ callers: ['project:acme-prod'] }) },
  ],
  ['ingress', 'vpc', /must be all/],
  ['min_instances', -1, /of at least 0/],
  ['max_instances', 2, /at least min_instances/, { min_instances: 3 }],
  ['concurrency', 2000, /1 to 1000/],
  ['cpu', '0.5', /1, 2, 4 or 8/],
  ['memory', '512', /Mi or Gi/],
  ['log_level', 'all', /must be fatal/],
  ['egress_cidr', '10.8.0.0/28', /\/26 or larger/],
  ['egress_cidr', '192.168.1.0/26', /outside 192\.168\.1\.0/],
  ['egress_cidr', '10.8.0.0', /IPv4 range/],
  ['volume', { bucket: 'x', mount_path: 'mnt/x' }, /absolute path/],
  ['volume', { bucket: 'x', mount_path: '/etc/fedbridge' }, /outside \/etc\/fedbridge/],
  ['notification_channels', ['ops@example.com'], /must be IDs/],
  ['delivery', deliveryOf({ repository: 'https://git.example/fedbridge' }), /repository must be projects/],
  ['delivery', deliveryOf({ docker_image: 'gcr.io/cloud-builders/docker' }), /must each name a digest/],
  ['delivery', deliveryOf({ probe_bucket: 'acme-lak' }), /an entry of buckets/],
  ['delivery', deliveryOf({ branch: '^main$' }), /the name of one branch/],
  ['delivery', deliveryOf({ repo_type: 'GITLAB' }), /must be GITHUB/],
  ['delivery', deliveryOf({}), /must be omitted if image is set/, { image: `x.example/x@${DIGEST}` }],
];

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
    ['max_instances', 1],
    ['settings', { limits: { in_flight: 200 } }],
    ['delivery', deliveryOf({ branch: 'release/1.x' })],
    ['settings', { limits: { drain: '9s', stall: '5m' }, chunk_above: '32MiB' }],
    ['settings', { cors: { origins: ['*'], max_age: '1h' }, limits: {} }],
  ] as const) {
    it(`accepts ${variable} = ${JSON.stringify(value)}`, async () => {
      const values = await rootValues({ ...FIVE, ...others, [variable]: value });
      assert.deepEqual(await values.problemsOf(variable), []);
    });
  }
  it('accepts every default', async () => {
    const values = await rootValues(FIVE);
    for (const { name } of root.variables) assert.deepEqual(await values.problemsOf(name), [], name);
  });
});
