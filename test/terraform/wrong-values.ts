// For every rule of the Terraform variables, at least one value that breaks only this rule.
import type { Variables } from './sample.ts';

export const grantOf = (more: object): object[] => [
  { callers: ['reader@example.com'], bucket: 'acme-lake', ...more },
];

const issuerOf = (more: object): object => ({
  name: 'gke-prod',
  kind: 'kubernetes',
  url: 'https://issuer.example',
  ...more,
});

export const DIGEST = `sha256:${'ab'.repeat(32)}`;
export const deliveryOf = (more: object): object => ({
  repository: 'projects/acme-prod/locations/europe-west1/connections/github/repositories/fedbridge',
  source_url: 'https://git.example/fedbridge',
  node_image: `node@${DIGEST}`,
  docker_image: `builders.example/docker@${DIGEST}`,
  gcloud_image: `builders.example/google-cloud-cli@${DIGEST}`,
  probe_bucket: 'acme-lake',
  probe_key: 'probe/healthz',
  ...more,
});

export const ACCOUNT = 'lake@acme-prod.iam.gserviceaccount.com';
export const SUBNET = 'projects/acme-network/regions/europe-west1/subnetworks/lake';
export const KEY = 'projects/acme-keys/locations/europe-west1/keyRings/data/cryptoKeys/lake';

/** For each variable, an invalid value, a pattern for the error message, and other variables on which the rule depends. */
export const WRONG: readonly (readonly [
  variable: string,
  value: unknown,
  rule: RegExp,
  others?: Variables,
])[] = [
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
  ['grants', grantOf({ callers: ['reader'] }), /must be an email/],
  ['grants', grantOf({ bucket: 'acme-lak' }), /an entry of buckets/],
  ['grants', grantOf({ allow: ['get', 'put'] }), /only reads/],
  ['grants', grantOf({ allow: ['vend'] }), /another action besides vend/],
  ['grants', grantOf({ prefix: 'raw/public' }), /must end with/],
  ['grants', grantOf({ prefix: 'raw/', key: 'raw/one.csv' }), /must not have both prefix and key/],
  ['grants', grantOf({ callers: ['group:data@example.com'] }), /ISSUER:SUBJECT/],
  ...['project', 'vend', 'GKE', 'a:b', 'gke-', 'a'.repeat(32)].map(
    (name) => ['issuers', [issuerOf({ name })], /name must be/] as const,
  ),
  ['issuers', [issuerOf({}), issuerOf({ url: 'https://other.example' })], /be used once/],
  ['issuers', [issuerOf({ kind: 'github' })], /kind must be/],
  ['issuers', [issuerOf({ url: 'http://issuer.example' })], /url and jwks must be https/],
  ['issuers', [issuerOf({ jwks: 'http://issuer.example/keys' })], /url and jwks must be https/],
  ['issuers', [issuerOf({}), issuerOf({ name: 'other' })], /each url may occur once/],
  ['issuers', [issuerOf({ audiences: ['fedbridge'] })], /must contain neither sts_audience/],
  ['issuers', [issuerOf({ audiences: ['https://issuer.example'] })], /default audience of its tokens/],
  [
    'issuers',
    [issuerOf({})],
    /must contain the issuer of every caller/,
    { grants: grantOf({ callers: ['eks:a/b'] }) },
  ],
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
  ['settings', { chunk_above: '32000000' }, /chunk_above .* must be sizes/],
  ['settings', { chunk_above: '32mb' }, /chunk_above .* must be sizes/],
  ['settings', { read_ahead: { memory: '64' } }, /read_ahead\.memory must be sizes/],
  ['settings', { read_ahead: { connections: 0 } }, /from 1 to 64/],
  ['settings', { read_ahead: { connections: 2.5 } }, /from 1 to 64/],
  [
    'settings',
    { budgets: [{ callers: ['project:acme-prod'], bytes_per_day: '500' }] },
    /bytes_per_day must be a size/,
  ],
  ...[0, 80].map(
    (warn_at) =>
      [
        'settings',
        { budgets: [{ callers: ['project:acme-prod'], bytes_per_day: '500GiB', warn_at }] },
        /warn_at must be above 0/,
      ] as const,
  ),
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
  ['ingress', 'vpc', /must be internal/],
  ['min_instances', -1, /of at least 0/],
  ['max_instances', 2, /at least min_instances/, { min_instances: 3 }],
  ['concurrency', 2000, /1 to 1000/],
  ['cpu', '0.5', /1, 2, 4 or 8/],
  ['memory', '512', /Mi or Gi/],
  ['memory', '256Mi', /512Mi to 4Gi with 1 CPU/],
  ['memory', '5Gi', /512Mi to 4Gi with 1 CPU/],
  ['memory', '9Gi', /512Mi to 8Gi with 2 CPUs/, { cpu: '2' }],
  ['memory', '1Gi', /2Gi to 16Gi with 4/, { cpu: '4' }],
  ['memory', '2Gi', /4Gi to 32Gi with 8/, { cpu: '8' }],
  ['memory', '64Gi', /4Gi to 32Gi with 8/, { cpu: '8' }],
  ['log_level', 'all', /must be fatal/],
  ['egress_cidr', '10.8.0.0/28', /\/26 or larger/],
  ['egress_cidr', '192.168.1.0/26', /outside 192\.168\.1\.0/],
  ['egress_cidr', '10.8.0.0', /IPv4 range/],
  ['egress_cidr', '10.8.0.0/26', /four addresses for each/, { max_instances: 16 }],
  [
    'service_account',
    { email: 'lake@acme.example', unique_id: '104815162342108150001' },
    /must have the email/,
  ],
  ['service_account', { email: ACCOUNT, unique_id: ACCOUNT }, /its unique ID/],
  ['vpc', { subnet: 'lake' }, /subnet must be projects/],
  ['vpc', { subnet: SUBNET }, /in the region of the service/, { region: 'europe-west3' }],
  ['vpc', { subnet: SUBNET }, /if egress_cidr is set/, { egress_cidr: '10.8.0.0/26' }],
  ['encryption_key', 'lake', /must be projects/],
  ['encryption_key', KEY, /in the region of the service/, { region: 'europe-west3' }],
  ['labels', { Team: 'data' }, /lowercase letters/],
  ['labels', { team: 'Data Lake' }, /lowercase letters/],
  ['aws_roles', { path: 'data/' }, /begin and end with/],
  ['aws_roles', { permissions_boundary: 'data-boundary' }, /ARN of an IAM policy/],
  ['build_region', 'us-central1-a', /like europe-west1/],
  ['build_node_image', 'node:26-slim', /REGISTRY\/PATH:TAG/],
  ['volume', { bucket: 'x', mount_path: 'mnt/x' }, /absolute path/],
  ['volume', { bucket: 'x', mount_path: '/etc/fedbridge' }, /outside \/etc\/fedbridge/],
  ['notification_channels', ['ops@example.com'], /must be IDs/],
  ...(
    [
      [{ repository: 'https://git.example/fedbridge' }, /repository must be projects/],
      [{ docker_image: 'gcr.io/cloud-builders/docker' }, /must each name a digest/],
      [{ probe_bucket: 'acme-lak' }, /an entry of buckets/],
      [{ branch: '^main$' }, /the name of one branch/],
      [{ repo_type: 'GITLAB' }, /must be GITHUB/],
    ] as const
  ).map(([wrong, rule]) => ['delivery', deliveryOf(wrong), rule, { ingress: 'all' }] as const),
  [
    'delivery',
    deliveryOf({}),
    /must be omitted if image is set/,
    { image: `x.example/x@${DIGEST}`, ingress: 'all' },
  ],
  ['delivery', deliveryOf({}), /unless ingress is all/],
  ['log_bucket', { retention_days: 0 }, /from 1 to 3650/],
  ['log_bucket', { retention_days: 1.5 }, /whole number/],
  ['log_bucket', { retention_days: 30 }, /cannot encrypt/, { encryption_key: KEY }],
  ['alert_thresholds', { error_ratio: 5, first_byte_ms: 1, s3_denials: 1 }, /between 0 and 1/],
  ['alert_thresholds', { error_ratio: 0.1, first_byte_ms: 0, s3_denials: 1 }, /must be positive/],
];
