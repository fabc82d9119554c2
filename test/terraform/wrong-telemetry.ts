// For every rule of the variables `prometheus_sidecar` and `traces`, at least one value that breaks only this rule.
import type { Variables } from './sample.ts';

const SIDECAR = 'us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar';
export const SIDECAR_IMAGE = `${SIDECAR}@sha256:${'1'.repeat(64)}`;

export const COLLECTOR = 'https://collector.acme.example:4318';
export const HEADERS_SECRET = 'projects/acme-prod/secrets/collector-key/versions/3';

type Wrong = readonly [variable: string, value: unknown, rule: RegExp, others?: Variables];

export const WRONG_TELEMETRY: readonly Wrong[] = [
  ...[`${SIDECAR}:1.2.0`, `cloud-run-gmp-sidecar@sha256:${'1'.repeat(64)}`, `${SIDECAR}@sha256:1`].map(
    (image): Wrong => ['prometheus_sidecar', { image }, /image must name a digest/],
  ),
  ...['9s', '301s', '60', '1m', '-60s', '60.5s'].map((interval): Wrong => [
    'prometheus_sidecar',
    { image: SIDECAR_IMAGE, interval },
    /10s to 300s/,
  ]),
  ['traces', { endpoint: 'collector:4318' }, /must be an http or https URL/],
  ['traces', { endpoint: COLLECTOR, sampler: 'on' }, /sampler must be always_on/],
  ['traces', { endpoint: COLLECTOR, sampler: 'traceidratio', sampler_arg: 50 }, /from 0 to 1/],
  ['traces', { endpoint: COLLECTOR, resource_attributes: { 'a=b': 'c' } }, /without `,` and `=`/],
  ...['http://localhost:4318', 'http://127.0.0.1:4318', 'HTTPS://LOCALHOST', 'http://[::1]/x'].map(
    (endpoint): Wrong => ['traces', { endpoint }, /must not be a loopback address/],
  ),
  [
    'traces',
    { endpoint: 'http://collector.acme.example:4318', headers_secret: HEADERS_SECRET },
    /must use https if headers_secret/,
  ],
  ...[
    'collector-key',
    'projects/acme-prod/secrets/collector-key',
    'projects/acme-prod/secrets/collector-key/versions/latest',
  ].map((headers_secret): Wrong => ['traces', { endpoint: COLLECTOR, headers_secret }, /versions\/NUMBER/]),
  [
    'traces',
    { endpoint: COLLECTOR, sampler_arg: 0.5 },
    /sampler_arg must be omitted unless sampler is traceidratio/,
  ],
  [
    'traces',
    { endpoint: COLLECTOR, sampler: 'parentbased_always_on', sampler_arg: 0.5 },
    /sampler_arg must be omitted unless sampler is traceidratio/,
  ],
];
