// OpenTelemetry's standard variables: defaults, precedence, and errors that never show a key.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/cli/read-config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { assertOneProblem, problemsOf, sampleWith } from './sample.ts';

const INLINE = `${sampleWith()}\n`;
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
const tracesIn = (env: Environment) => readConfig({ FEDBRIDGE_CONFIG: INLINE, ...env }).traces;
const problemsIn = (env: Environment) =>
  problemsOf(() => readConfig({ FEDBRIDGE_CONFIG: INLINE, ...ENDPOINT, ...env }));

describe("OpenTelemetry's environment variables", () => {
  it('have default values', () => {
    assert.deepEqual(tracesIn(ENDPOINT), {
      url: 'http://127.0.0.1:4318/v1/traces',
      headers: {},
      resource: { 'service.name': 'fedbridge' },
      sampler: { parentBased: true, ratio: 1 },
      delayMs: 1000,
    });
  });

  it('have no effect without an endpoint, even if they are invalid', () => {
    assert.equal(tracesIn({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER: 'x' }), undefined);
  });

  for (const off of [
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  ])
    it(`can turn traces off: ${JSON.stringify(off)}`, () => {
      assert.equal(tracesIn({ ...ENDPOINT, ...off }), undefined);
    });

  it('set the URL for traces, and v1/traces is appended only to the general endpoint', () => {
    for (const [name, value, url] of [
      ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://otlp.example/otlp/', 'https://otlp.example/otlp/v1/traces'],
      ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://otlp.example', 'https://otlp.example/v1/traces'],
      ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'https://otlp.example/in', 'https://otlp.example/in'],
      [
        'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
        'http://collector.monitoring:4318',
        'http://collector.monitoring:4318/',
      ],
    ] as const)
      assert.equal(tracesIn({ ...ENDPOINT, [name]: value })?.url, url);
  });

  it('that are specific to traces override the general variables', () => {
    const traces = tracesIn({
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_HEADERS: 'X-Key=general, x-tenant=a%2Cb ,',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=traces',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    });
    assert.deepEqual(traces?.headers, { 'x-key': 'traces', 'x-tenant': 'a,b' });
  });

  it('set the service name: OTEL_SERVICE_NAME overrides OTEL_RESOURCE_ATTRIBUTES, which overrides the Cloud Run service', () => {
    const env = { ...ENDPOINT, K_SERVICE: 'run' };
    assert.equal(tracesIn(env)?.resource['service.name'], 'run');
    const named = { ...env, OTEL_RESOURCE_ATTRIBUTES: 'service.name=attributes,team=data%20lake' };
    assert.deepEqual(tracesIn(named)?.resource, { 'service.name': 'attributes', team: 'data lake' });
    assert.equal(tracesIn({ ...named, OTEL_SERVICE_NAME: 'own' })?.resource['service.name'], 'own');
  });

  for (const [name, value, problem] of [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318', /must be an http or https URL/],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://user:s3cr3t@otlp.example', /without user name/],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://otlp.example/?key=s3cr3t', /without .*query/],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https:///v1', /must be an http or https URL/],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'grpc://otlp.example', /must be an http or https URL/],
    ['OTEL_EXPORTER_OTLP_HEADERS', 's3cr3t', /must be valid headers, NAME=VALUE/],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-key=s3cr3t%0d%0ahost: x', /must be valid headers/],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x key=s3cr3t', /must be valid headers/],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-key=s3cr3t%', /must be valid headers/],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', /must be http\/protobuf, not "grpc"/],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json', /must be http\/protobuf, not "http\/json"/],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team', /must be valid attributes/],
    ['OTEL_TRACES_SAMPLER', 'sometimes', /must be one of always_on, .*, not "sometimes"/],
    ['OTEL_BSP_SCHEDULE_DELAY', '60001', /must be a number of milliseconds from 0 to 60000/],
    ['OTEL_TRACES_EXPORTER', 'zipkin', /must be otlp or none, not "zipkin"/],
  ] as const)
    it(`are rejected if their value is invalid: ${name}=${JSON.stringify(value)}`, () => {
      const problems = problemsIn({ [name]: value });
      assertOneProblem(problems, problem);
      assert.ok(problems[0]?.startsWith(`${name}: `));
      assert.ok(!problems.join('').includes('s3cr3t'));
    });

  for (const ratio of ['1.5', '-0.1', 'x', '1e1'])
    it(`are rejected if the sampling ratio is ${ratio}`, () => {
      const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio };
      assertOneProblem(problemsIn(env), /^OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1/);
    });

  it('may set a sampling ratio from 0 to 1, which is ignored if the sampler does not use it', () => {
    for (const [text, ratio] of [
      ['0', 0],
      ['0.001', 0.001],
      ['.5', 0.5],
      ['1e-3', 0.001],
      ['1.0', 1],
    ] as const) {
      const env = { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: text };
      assert.deepEqual(tracesIn(env)?.sampler, { parentBased: false, ratio });
    }
    const unused = { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: 'x' };
    assert.deepEqual(tracesIn(unused)?.sampler, { parentBased: false, ratio: 1 });
  });

  it('may set headers for a plain http endpoint only if it is on this machine', () => {
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=s3cr3t' };
    for (const host of ['127.0.0.1', 'localhost', '[::1]'])
      assert.ok(tracesIn({ ...headers, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${host}:4318` }), host);
    assertOneProblem(
      problemsIn({ ...headers, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.monitoring:4318' }),
      /^OTEL_EXPORTER_OTLP_ENDPOINT: must use https, because the headers/,
    );
  });
});
