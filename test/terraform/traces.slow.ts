// The variable `traces` accepts what the bridge accepts, and sets the variables that the bridge reads.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTraceSettings, TRACE_VARIABLES } from '../../src/config/trace-variables.ts';
import { FIVE, rootValues } from './sample.ts';
import { COLLECTOR, HEADERS_SECRET } from './wrong-telemetry.ts';

type Environment = Readonly<
  Record<string, { readonly text: string | null; readonly secret: { readonly name: string } | null }>
>;

async function outcomeOf(
  traces: object,
): Promise<{ problems: readonly string[]; set: Record<string, string> }> {
  const values = await rootValues({ ...FIVE, traces });
  const environment = (await values.local('environment')) as Environment;
  const set = Object.entries(environment).map(([name, { text }]) => [name, text ?? 'x-api-key=k'] as const);
  return { problems: await values.problemsOf('traces'), set: Object.fromEntries(set) };
}

const LONG = 'a'.repeat(255);

describe('the Terraform variable traces', () => {
  for (const [isValid, traces] of [
    ...[
      'https://collector.acme.example',
      'https://collector.acme.example:4318/otlp/',
      'http://10.8.0.5:4318',
      'HTTPS://Collector.acme.example',
      'https://[2001:db8::1]:4318',
    ].map((endpoint) => [true, { endpoint }] as const),
    ...[
      '',
      'collector.acme.example:4318',
      'grpc://collector.acme.example:4317',
      'https://user@collector.acme.example',
      'https://collector.acme.example/?key=k',
      'https://collector.acme.example/#x',
      'https://collector.acme.example\\x',
      'https://collector.acme.example /',
      'https://',
      'https://collector.acme.example:port',
    ].map((endpoint) => [false, { endpoint }] as const),
    [true, { endpoint: COLLECTOR, headers_secret: HEADERS_SECRET }],
    [false, { endpoint: 'http://10.8.0.5:4318', headers_secret: HEADERS_SECRET }],
    ...[
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ].map((sampler) => [true, { endpoint: COLLECTOR, sampler }] as const),
    ...['jaeger_remote', 'ALWAYS_ON', 'not_traceidratio'].map(
      (sampler) => [false, { endpoint: COLLECTOR, sampler }] as const,
    ),
    ...[0, 0.001, 0.0000001, 1].map(
      (sampler_arg) => [true, { endpoint: COLLECTOR, sampler: 'traceidratio', sampler_arg }] as const,
    ),
    ...[-0.5, 1.5].map(
      (sampler_arg) => [false, { endpoint: COLLECTOR, sampler: 'traceidratio', sampler_arg }] as const,
    ),
    ...[{ 'service.name': 'lake, + é=%' }, { a: '' }, { [LONG]: LONG }, {}].map(
      (resource_attributes) => [true, { endpoint: COLLECTOR, resource_attributes }] as const,
    ),
    ...[{ 'a b': 'x' }, { 'a,b': 'x' }, { '': 'x' }, { a: 'x\ny' }, { a: `${LONG}a` }].map(
      (resource_attributes) => [false, { endpoint: COLLECTOR, resource_attributes }] as const,
    ),
  ] as const)
    it(`${isValid ? 'accepts' : 'rejects'} the same value as the bridge: ${JSON.stringify(traces).slice(0, 100)}`, async () => {
      const { problems, set } = await outcomeOf(traces);
      assert.equal(problems.length, isValid ? 0 : 1, problems.join('\n'));
      assert.equal(readTraceSettings(set).problems.length, isValid ? 0 : 1);
    });

  it("sets the bridge's endpoint, sampler, headers and resource attributes", async () => {
    const { set } = await outcomeOf({
      endpoint: COLLECTOR,
      sampler: 'parentbased_traceidratio',
      sampler_arg: 0.001,
      headers_secret: HEADERS_SECRET,
      resource_attributes: { 'deployment.environment.name': 'prod, (EU) + test' },
    });
    assert.deepEqual(readTraceSettings(set).settings, {
      url: `${COLLECTOR}/v1/traces`,
      headers: { 'x-api-key': 'k' },
      resource: { 'service.name': 'fedbridge', 'deployment.environment.name': 'prod, (EU) + test' },
      sampler: { parentBased: true, ratio: 0.001 },
      delayMs: 1000,
    });
    const supported = TRACE_VARIABLES.map(({ name }): string => name);
    for (const name of Object.keys(set)) assert.ok(supported.includes(name), name);
  });

  it('refers to a secret in the same project by its ID, and to a secret in another project by its full name', async () => {
    const nameOf = async (headers_secret: string): Promise<string | undefined> => {
      const values = await rootValues({ ...FIVE, traces: { endpoint: COLLECTOR, headers_secret } });
      const environment = (await values.local('environment')) as Environment;
      return environment['OTEL_EXPORTER_OTLP_HEADERS']?.secret?.name;
    };
    assert.equal(await nameOf(HEADERS_SECRET), 'collector-key');
    const elsewhere = HEADERS_SECRET.replace('acme-prod', 'acme-keys');
    assert.equal(await nameOf(elsewhere), 'projects/acme-keys/secrets/collector-key');
  });
});
