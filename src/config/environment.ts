// Reads and checks the variables that configure the bridge. environment-variables.ts describes them.
import { isIP } from 'node:net';
import * as z from 'zod';
import type { LogLevel, TraceSettings } from './types.ts';
import { AWS_PROFILE, AWS_REGION } from './aws-names.ts';
import { text, textForm, word } from './schema-parts.ts';
import { KEY_SET_URL, METADATA_HOST, ORIGIN_MUST, readOrigin } from './allowed-origins.ts';
import type { Problem } from './problem.ts';
import { schemaProblems } from './schema-problems.ts';
import { showPath } from './show.ts';
import { readTraceSettings } from './trace-variables.ts';

/** The same type as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const GOOGLE_CERTS = 'https://www.googleapis.com/oauth2/v3/certs';

const IAP_KEYS = 'https://www.gstatic.com/iap/verify/public_key-jwk';

const LEVELS = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
] as const satisfies readonly LogLevel[];

export const PORT_MUST = 'must be a port number from 0 (any free port) to 65535';

export const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;

const port = textForm(PORT_MUST, (value) => (isPort(value) ? Number(value) : undefined));

const origin = textForm(ORIGIN_MUST, readOrigin);

const host = text({
  must: 'must be an address or host name to listen on, without a port',
  test: (value) => isIP(value) !== 0 || /^(?=.{1,253}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(value),
  fix: 'Write an IPv6 address without brackets.',
});

/**
 * The default host for metrics. Anyone who can reach the port can read the metrics, so by default only this machine can reach it.
 */
const METRICS_HOST = '127.0.0.1';

const variables = z.object({
  PORT: port.default(8080),
  FEDBRIDGE_HOST: host.exactOptional(),
  AWS_REGION: text(AWS_REGION).exactOptional(),
  AWS_PROFILE: text(AWS_PROFILE).exactOptional(),
  AWS_ENDPOINT_URL_STS: origin.exactOptional(),
  AWS_ENDPOINT_URL_S3: origin.exactOptional(),
  GCE_METADATA_HOST: text(METADATA_HOST).exactOptional(),
  FEDBRIDGE_GOOGLE_CERTS: text(KEY_SET_URL).default(GOOGLE_CERTS),
  FEDBRIDGE_IAP_KEYS: text(KEY_SET_URL).default(IAP_KEYS),
  FEDBRIDGE_GOOGLE_APIS: origin.exactOptional(),
  LOG_LEVEL: word(...LEVELS).default('info'),
  FEDBRIDGE_METRICS_PORT: port.exactOptional(),
  FEDBRIDGE_METRICS_HOST: host.default(METRICS_HOST),
  FEDBRIDGE_REUSE_PORT: word('0', '1').default('0'),
});

/**
 * The rule and the fix if AWS_PROFILE is set on Cloud Run. A profile contains, or leads to, the long-lived AWS keys that the
 * bridge exists to avoid.
 */
export const NO_PROFILE_ON_CLOUD_RUN = {
  rule: 'must not be used on Cloud Run',
  fix: "Assume the roles with the service's Google identity (`identity: metadata`).",
};

/** The values of the variables, with defaults filled in. */
export type Settings = z.output<typeof variables> & { readonly traces: TraceSettings | undefined };

/** Treats an empty variable as unset, because some deployment tools cannot omit a variable. */
export function setVariables(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

/** Returns the settings in the variables, or every problem with them. */
export function readSettings(env: Environment): { settings: Settings } | { problems: readonly Problem[] } {
  const result = variables.safeParse(setVariables(env), { reportInput: true });
  const problems = (result.error?.issues ?? []).flatMap((issue) =>
    schemaProblems(issue, (path) => ({ field: showPath(path) })),
  );
  const set = setVariables(env);
  const traces = readTraceSettings(set);
  problems.push(...traces.problems);
  const { PORT: ownPort = '8080', FEDBRIDGE_METRICS_PORT: metricsPort } = set;
  // Port 0 means any free port, so two ports with this value still differ.
  if (metricsPort !== undefined && Number(metricsPort) === Number(ownPort) && Number(ownPort) !== 0) {
    problems.push({
      field: 'FEDBRIDGE_METRICS_PORT',
      rule: 'must differ from PORT',
      fix: 'Use a different port, or unset this variable to serve metrics to operators on the main port.',
    });
  }
  if (metricsPort === undefined && set['FEDBRIDGE_METRICS_HOST'] !== undefined) {
    problems.push({
      field: 'FEDBRIDGE_METRICS_HOST',
      rule: 'must be set together with FEDBRIDGE_METRICS_PORT',
      fix: 'Set the port too, or unset FEDBRIDGE_METRICS_HOST to serve metrics to operators on the main port.',
    });
  }
  const { AWS_PROFILE: profile, K_SERVICE: cloudRunService } = set;
  if (profile !== undefined && cloudRunService !== undefined) {
    problems.push({ field: 'AWS_PROFILE', ...NO_PROFILE_ON_CLOUD_RUN });
  }
  return result.success && problems.length === 0
    ? { settings: { ...result.data, traces: traces.settings } }
    : { problems };
}
