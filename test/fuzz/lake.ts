// The buckets, callers and grants for the fuzzer: as plain values for the oracle, and as the bridge's configuration.

export interface PlainGrant {
  readonly callers: readonly string[];
  readonly allow: readonly string[];
  readonly bucket: string;
  readonly prefix?: string;
  readonly key?: string;
}

export interface PlainCaller {
  readonly sub: string;
  /** A verified email. */
  readonly email?: string;
}

export const AUDIENCE = 'https://lake-bridge.example';

const at = (name: string): string => `${name}@acme-prod.iam.gserviceaccount.com`;

export const CALLERS = {
  reader: { sub: '110000000000000000001', email: at('reader') },
  scoped: { sub: '110000000000000000002', email: at('scoped') },
  paired: { sub: '110000000000000000003', email: at('paired') },
  numbered: { sub: '110000000000000000004' },
  stranger: { sub: '110000000000000000005', email: 'stranger@elsewhere.iam.gserviceaccount.com' },
} as const satisfies Readonly<Record<string, PlainCaller>>;

export type CallerName = keyof typeof CALLERS;
export const CALLER_NAMES = Object.keys(CALLERS) as CallerName[];

export const BUCKETS = ['acme-lake', 'acme-archive', 'evil.example', 'localhost'] as const;

export const GRANTS: readonly PlainGrant[] = [
  {
    callers: [at('reader')],
    allow: ['get', 'list', 'versions', 'tags', 'attributes'],
    bucket: 'acme-lake',
  },
  { callers: [at('scoped')], allow: ['get', 'list'], bucket: 'acme-lake', prefix: 'raw/public/' },
  { callers: [at('scoped')], allow: ['get'], bucket: 'acme-lake', key: 'reports/2026 +%2F.csv' },
  { callers: [at('scoped')], allow: ['tags'], bucket: 'acme-lake', prefix: 'raw/' },
  { callers: [at('scoped')], allow: ['get', 'tags', 'versions'], bucket: 'evil.example', prefix: 'a//b/' },
  {
    callers: [`${at('paired')}#${CALLERS.paired.sub}`],
    allow: ['get', 'attributes'],
    bucket: 'acme-archive',
    prefix: 'ü/%2e%2e/*/',
  },
  { callers: [at('paired')], allow: ['list', 'versions'], bucket: 'localhost', prefix: 'deep/er/down/' },
  { callers: [CALLERS.numbered.sub], allow: ['get', 'list'], bucket: 'localhost', prefix: 'deep/' },
  { callers: ['project:acme-prod'], allow: ['get'], bucket: 'acme-archive', prefix: 'shared/' },
];

/** Returns the configuration as JSON, which is valid YAML. @param s3 the endpoint of all buckets */
export const configuration = (s3: string): string =>
  `${JSON.stringify({
    audience: AUDIENCE,
    aws: { region: 'eu-west-1' },
    roles: { lake: { arn: 'arn:aws:iam::123456789012:role/gcp-lake-read' } },
    buckets: Object.fromEntries(
      BUCKETS.map((name) => [name, { role: 'lake', region: 'eu-west-1', endpoint: s3 }]),
    ),
    grants: GRANTS,
    limits: { inFlight: 2000, perCaller: 2000 },
  })}\n`;
