// The variables that the bridge reads: their names and meanings, and the form of those that the platform sets.
import { isIP } from 'node:net';
import * as z from 'zod';
import type { LogLevel } from './types.ts';
import { AWS_PROFILE, AWS_REGION } from './aws-names.ts';
import { text, textForm, word } from './schema-parts.ts';
import { KEY_SET_URL, METADATA_HOST, ORIGIN_MUST, readOrigin } from './allowed-origins.ts';
import type { Problem } from './problem.ts';
import { schemaProblems } from './schema-problems.ts';
import { showPath } from './show.ts';

/** As `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable that configures the bridge; the README's table is held against it. */
export const VARIABLES: readonly { readonly name: string; readonly meaning: string }[] = [
  { name: 'PORT', meaning: 'port to listen on; 8080' },
  { name: 'FEDBRIDGE_HOST', meaning: 'address to listen on; 0.0.0.0' },
  {
    name: 'FEDBRIDGE_CONFIG',
    meaning: 'path of the YAML file, or the YAML itself where the value has a newline',
  },
  { name: 'AWS_REGION', meaning: 'default for aws.region' },
  {
    name: 'AWS_PROFILE',
    meaning: 'AWS profile that assumes the roles, where the file has no `identity`: for a laptop',
  },
  { name: 'AWS_ENDPOINT_URL_STS', meaning: "origin of another STS than AWS's; plain http on loopback only" },
  {
    name: 'AWS_ENDPOINT_URL_S3',
    meaning: 'origin of the S3 of every bucket without an endpoint of its own; plain http on loopback only',
  },
  {
    name: 'GCE_METADATA_HOST',
    meaning: "host of another metadata server than Google's, as gcp-metadata reads it",
  },
  {
    name: 'FEDBRIDGE_GOOGLE_CERTS',
    meaning: "URL of another key set than Google's (JWKS); https, or http on loopback",
  },
  {
    name: 'FEDBRIDGE_GOOGLE_APIS',
    meaning:
      "origin of other Google APIs than googleapis.com's, for impersonation; https, or http on loopback",
  },
  { name: 'LOG_LEVEL', meaning: 'fatal, error, warn, info, debug, trace or silent; info' },
  { name: 'FEDBRIDGE_METRICS_PORT', meaning: 'a port of its own for /-/metrics, without a token' },
  { name: 'FEDBRIDGE_METRICS_HOST', meaning: 'address of that port; 127.0.0.1' },
  { name: 'FEDBRIDGE_REUSE_PORT', meaning: '1: several processes share the port (SO_REUSEPORT)' },
  { name: 'AWS_ROLE_ARN', meaning: 'without a file: ARN of the one role' },
  { name: 'FEDBRIDGE_AUDIENCE', meaning: "without a file: audience of callers' tokens; not fedbridge" },
  { name: 'FEDBRIDGE_BUCKET', meaning: 'without a file: the one bucket' },
  { name: 'FEDBRIDGE_CALLERS', meaning: 'without a file: who may get and list, separated by commas' },
  {
    name: 'FEDBRIDGE_PREFIX',
    meaning: 'without a file: the prefix that callers may read; all of the bucket',
  },
];

const GOOGLE_CERTS = 'https://www.googleapis.com/oauth2/v3/certs';

const LEVELS = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
] as const satisfies readonly LogLevel[];

export const PORT_MUST = 'must be a port: 0 (any free one) to 65535';

export const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;

const port = textForm(PORT_MUST, (value) => (isPort(value) ? Number(value) : undefined));

const origin = textForm(ORIGIN_MUST, readOrigin);

const host = text({
  must: 'must be an address or a host name to listen on, without a port',
  test: (value) => isIP(value) !== 0 || /^(?=.{1,253}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(value),
  fix: 'IPv6 without brackets.',
});

/** Anyone who reaches the port reads the metrics: other machines only if the operator opens it to them. */
const METRICS_HOST = '127.0.0.1';

const variables = z.object({
  PORT: port.default(8080),
  FEDBRIDGE_HOST: host.default('0.0.0.0'),
  AWS_REGION: text(AWS_REGION).exactOptional(),
  AWS_PROFILE: text(AWS_PROFILE).exactOptional(),
  AWS_ENDPOINT_URL_STS: origin.exactOptional(),
  AWS_ENDPOINT_URL_S3: origin.exactOptional(),
  GCE_METADATA_HOST: text(METADATA_HOST).exactOptional(),
  FEDBRIDGE_GOOGLE_CERTS: text(KEY_SET_URL).default(GOOGLE_CERTS),
  FEDBRIDGE_GOOGLE_APIS: origin.exactOptional(),
  LOG_LEVEL: word(...LEVELS).default('info'),
  FEDBRIDGE_METRICS_PORT: port.exactOptional(),
  FEDBRIDGE_METRICS_HOST: host.default(METRICS_HOST),
  FEDBRIDGE_REUSE_PORT: word('0', '1').default('0'),
});

/** A profile holds, or leads to, the AWS keys that a bridge is there to do without. */
export const NO_PROFILE_ON_CLOUD_RUN = {
  rule: 'must not be used on Cloud Run',
  fix: 'The service has a Google identity: assume the roles with that (`identity: metadata`).',
};

/** What the platform's variables say, defaults filled in. */
export type Settings = z.output<typeof variables>;

/** A variable that is set to nothing is not set: deployment tools cannot always leave one out. */
export function setVariables(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

/** The platform's variables, or everything that is wrong with them. */
export function readSettings(env: Environment): { settings: Settings } | { problems: readonly Problem[] } {
  const result = variables.safeParse(setVariables(env), { reportInput: true });
  const problems = (result.error?.issues ?? []).flatMap((issue) =>
    schemaProblems(issue, (path) => ({ field: showPath(path) })),
  );
  const set = setVariables(env);
  const { PORT: ownPort = '8080', FEDBRIDGE_METRICS_PORT: metricsPort } = set;
  // Any free port twice is two ports.
  if (metricsPort !== undefined && Number(metricsPort) === Number(ownPort) && Number(ownPort) !== 0) {
    problems.push({
      field: 'FEDBRIDGE_METRICS_PORT',
      rule: 'must differ from the port of the bridge itself',
      fix: 'Use another, or none: the metrics are then under the same port for operators.',
    });
  }
  if (metricsPort === undefined && set['FEDBRIDGE_METRICS_HOST'] !== undefined) {
    problems.push({
      field: 'FEDBRIDGE_METRICS_HOST',
      rule: 'must be set together with FEDBRIDGE_METRICS_PORT',
      fix: 'Set the port too, or remove this: without it the metrics are on the port of the bridge, for operators.',
    });
  }
  const { AWS_PROFILE: profile, K_SERVICE: cloudRunService } = set;
  if (profile !== undefined && cloudRunService !== undefined) {
    problems.push({ field: 'AWS_PROFILE', ...NO_PROFILE_ON_CLOUD_RUN });
  }
  return result.success && problems.length === 0 ? { settings: result.data } : { problems };
}
