// The console's service accepts only requests that passed Identity-Aware Proxy (IAP), and is otherwise the same as the bridge's.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { creations } from './created.ts';
import { readModule } from './modules.ts';
import type { Body } from './modules.ts';
import { FIVE, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';
import { KEY } from './wrong-values.ts';

const root = await readModule('');
const VPC = 'projects/acme-network/regions/europe-west1/subnetworks/lake';
const IMAGE = `registry.example/fedbridge@sha256:${'0'.repeat(64)}`;
const READER = 'reader@acme-prod.iam.gserviceaccount.com';
const WITH: Variables = {
  ...FIVE,
  image: IMAGE,
  grants: [{ callers: [READER, 'user:Ana@acme.example'], bucket: 'acme-lake' }],
  settings: { operators: ['user:ops@acme.example', 'user:ana@acme.example'] },
  console: { viewers: ['group:data@acme.example'] },
};

async function created(address: string, variables: Variables): Promise<readonly Body[]> {
  const block = root.resources.find((one) => one.address === address);
  assert.ok(block, address);
  return creations(root, variables)(block);
}

async function service(name: 'bridge' | 'console', variables: Variables): Promise<Body> {
  const [found, ...more] = await created(`google_cloud_run_v2_service.${name}`, variables);
  assert.ok(found !== undefined && more.length === 0);
  return found;
}

const templateOf = (body: Body): Body => (body['template'] as Body[])[0] ?? {};
const containerOf = (body: Body): Body => (templateOf(body)['containers'] as Body[])[0] ?? {};

describe('the variable console', () => {
  it('creates nothing by default', async () => {
    for (const { address, file } of root.resources)
      if (file === 'console.tf') assert.deepEqual(await created(address, FIVE), [], address);
    const apis = (await (await rootValues(FIVE)).output('apis')) as string[];
    assert.ok(!apis.includes('iap.googleapis.com'));
  });

  it('accepts an empty object, and then admits the people whom the configuration names', async () => {
    const variables = { ...WITH, console: {} };
    const values = await rootValues(variables);
    for (const variable of ['console', 'grants', 'issuers', 'settings'])
      assert.deepEqual(await values.problemsOf(variable), [], variable);
    const viewers = await created('google_iap_web_cloud_run_service_iam_member.console', variables);
    assert.deepEqual(viewers.map(({ member }) => member).sort(), [
      'user:ana@acme.example',
      'user:ops@acme.example',
    ]);
  });
});

describe("the console's service", () => {
  it('accepts requests only from IAP, which admits only viewers', async () => {
    const { iap_enabled: iap, invoker_iam_disabled: unchecked } = await service('console', WITH);
    assert.deepEqual([iap, unchecked], [true, false]);
    const invokers = await created('google_cloud_run_v2_service_iam_member.console', WITH);
    assert.deepEqual(
      invokers.map(({ role, member, name }) => [role, member, name]),
      [
        [
          'roles/run.invoker',
          'serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com',
          'fedbridge-console',
        ],
      ],
    );
    const viewers = await created('google_iap_web_cloud_run_service_iam_member.console', WITH);
    assert.deepEqual(
      new Set(viewers.map(({ member }) => member)),
      new Set(['user:ana@acme.example', 'user:ops@acme.example', 'group:data@acme.example']),
    );
    for (const { project, role } of viewers)
      assert.deepEqual([project, role], ['123456789012', 'roles/iap.httpsResourceAccessor']);
  });

  it('leaves the bridge without IAP, and no person becomes an invoker of the bridge', async () => {
    assert.equal((await service('bridge', WITH))['iap_enabled'], undefined);
    const variables = { ...WITH, invoker_check: true };
    const values = await rootValues(variables);
    assert.deepEqual(await values.problemsOf('invokers'), []);
    const invokers = await created('google_cloud_run_v2_service_iam_member.invoker', variables);
    assert.deepEqual(
      invokers.map(({ member }) => member),
      [`serviceAccount:${READER}`],
    );
  });

  for (const [place, more] of [
    ['the environment', {}],
    ['a secret', { config_in: 'secret' }],
  ] as const)
    it(`is the same as the bridge's, except for its command, scaling and readiness probe, with the configuration in ${place}`, async () => {
      const variables: Variables = {
        ...WITH,
        ...more,
        vpc: { subnet: VPC },
        cpu: '4',
        memory: '2Gi',
        concurrency: 50,
        labels: { team: 'data' },
        encryption_key: KEY,
        start_unready: true,
      };
      const [bridge, console] = await Promise.all([
        service('bridge', variables),
        service('console', variables),
      ]);
      const [ofBridge, ofConsole] = [templateOf(bridge), templateOf(console)];
      const { scaling: _bridge, containers: _inBridge, ...same } = ofBridge;
      const { scaling: _console, containers: _inConsole, ...compared } = ofConsole;
      assert.deepEqual(compared, same);
      const [{ args, ...inConsole }, inBridge] = [containerOf(console), containerOf(bridge)];
      assert.deepEqual(args, ['console']);
      const { name: _name, readiness_probe: _probe, ...inBoth } = inBridge;
      assert.deepEqual(inConsole, inBoth);
    });

  it('has an audience that the configuration accepts, or the given one', async () => {
    for (const [console, expected] of [
      [{}, '/projects/123456789012/locations/europe-west1/services/fedbridge-console'],
      [{ audience: '/projects/1/apps/x' }, '/projects/1/apps/x'],
    ] as const) {
      const values = await rootValues({ ...WITH, console });
      const config = readConfigDocument(String(await values.output('config')));
      assert.equal(config.console?.audience, expected);
    }
  });

  it('needs an API and a service agent of its own', async () => {
    const values = await rootValues(WITH);
    assert.ok(((await values.output('apis')) as string[]).includes('iap.googleapis.com'));
    const agents = await created('google_project_service_identity.agents', WITH);
    assert.deepEqual(
      agents.map(({ service: api }) => api),
      ['iap.googleapis.com', 'run.googleapis.com'],
    );
  });
});
