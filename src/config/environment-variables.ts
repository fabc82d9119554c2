// The names, meanings and defaults of the variables that configure the bridge, for the configuration reference. environment.ts
// reads the variables.
import { TRACE_VARIABLES } from './trace-variables.ts';

export interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly default?: string;
}

/** Every variable that configures the bridge. docs/reference/configuration.md lists them in a table. */
export const VARIABLES: readonly Variable[] = [
  { name: 'PORT', meaning: 'Port to listen on.', default: '8080' },
  {
    name: 'FEDBRIDGE_HOST',
    meaning:
      'Address to listen on. The container image and the systemd unit for VMs set this variable to `0.0.0.0`.',
    default: '0.0.0.0 on Cloud Run, 127.0.0.1 elsewhere',
  },
  {
    name: 'FEDBRIDGE_CONFIG',
    meaning: 'Path to the YAML file, or the YAML itself if the value contains a newline.',
  },
  { name: 'AWS_REGION', meaning: 'Default for `aws.region`.' },
  {
    name: 'AWS_PROFILE',
    meaning:
      'AWS profile that assumes the roles if the configuration file does not set `identity`. Use this variable only on a laptop; the bridge rejects it on Cloud Run.',
  },
  {
    name: 'AWS_ENDPOINT_URL_STS',
    meaning:
      "Origin of an STS server to use instead of AWS's. Plain http is accepted only for a loopback host.",
  },
  {
    name: 'AWS_ENDPOINT_URL_S3',
    meaning:
      'Origin of the S3 server for every bucket that does not set `endpoint`. Plain http is accepted only for a loopback host.',
  },
  {
    name: 'GCE_METADATA_HOST',
    meaning: "Host of a metadata server to use instead of Google's, in the format that gcp-metadata accepts.",
    default: '169.254.169.254',
  },
  {
    name: 'FEDBRIDGE_GOOGLE_CERTS',
    meaning:
      'URL of the key set (JWKS) used to verify tokens. Plain http is accepted only for a loopback host.',
    default: 'https://www.googleapis.com/oauth2/v3/certs',
  },
  {
    name: 'FEDBRIDGE_IAP_KEYS',
    meaning:
      'URL of the key set (JWKS) used to verify the assertions of Identity-Aware Proxy. Used only by `fedbridge console`. Plain http is accepted only for a loopback host.',
    default: 'https://www.gstatic.com/iap/verify/public_key-jwk',
  },
  {
    name: 'FEDBRIDGE_GOOGLE_APIS',
    meaning:
      'Origin to use for impersonation instead of googleapis.com. Plain http is accepted only for a loopback host.',
  },
  {
    name: 'LOG_LEVEL',
    meaning: 'Log level: one of fatal, error, warn, info, debug, trace and silent.',
    default: 'info',
  },
  { name: 'FEDBRIDGE_METRICS_PORT', meaning: 'Separate port on which `/-/metrics` requires no token.' },
  {
    name: 'FEDBRIDGE_METRICS_HOST',
    meaning: 'Address on which the metrics port listens.',
    default: '127.0.0.1',
  },
  {
    name: 'FEDBRIDGE_REUSE_PORT',
    meaning: 'Set to 1 to let several processes share the port (SO_REUSEPORT).',
    default: '0',
  },
  {
    name: 'AWS_ROLE_ARN',
    meaning: 'ARN of the role that the bridge assumes. Use this variable instead of a configuration file.',
  },
  {
    name: 'FEDBRIDGE_AUDIENCE',
    meaning:
      "Audience of callers' tokens; must not be `fedbridge`. Use this variable instead of a configuration file.",
  },
  {
    name: 'FEDBRIDGE_BUCKET',
    meaning: 'Name of the bucket that callers may read. Use this variable instead of a configuration file.',
  },
  {
    name: 'FEDBRIDGE_CALLERS',
    meaning:
      'Comma-separated callers that may get and list objects in the bucket. Use this variable instead of a configuration file.',
  },
  {
    name: 'FEDBRIDGE_PREFIX',
    meaning: 'Prefix of the keys that callers may read. Use this variable instead of a configuration file.',
    default: 'the whole bucket',
  },
  ...TRACE_VARIABLES,
];
