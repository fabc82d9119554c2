// The text that a sandbox prints when it is ready: commands that users can paste, with the actual ports.
import { quoteForShell } from '../config/show.ts';
import type { SandboxContract } from './contract.ts';
import { ACCOUNTS } from './google/accounts.ts';
import { SCOPED_PREFIX, SERVICE_ACCOUNT, type Seed } from './seed.ts';

export interface Running {
  readonly contract: SandboxContract;
  readonly environment: Readonly<Record<string, string>>;
  readonly bridge: string;
  readonly seed: Seed;
  /** Whether `seed` is the sandbox's built-in sample. */
  readonly isSample: boolean;
  /** A key that `reader` may get, or undefined if the served directory contains no file. */
  readonly sampleKey: string | undefined;
  /** The email of the account that the metadata server calls `default`, if it is a caller. */
  readonly as: string | undefined;
  /** A caller of a configured issuer, whose token is in the file `tokenFile`. */
  readonly pod: string | undefined;
  readonly tokenFile: string | undefined;
}

const encoded = (key: string) => key.split('/').map(encodeURIComponent).join('/').replaceAll("'", '%27');

export function welcome(running: Running): string {
  const { contract, environment, bridge, seed, isSample, sampleKey, as } = running;
  const { metadata, control, issuer, audience, bucket, callers, operator } = contract;
  const { scope, mayList } = seed.sample;
  const prefix = scope.kind === 'prefix' ? scope.prefix : '';
  const token = (variable: string, caller: string) =>
    isIssued(caller) ? issuerToken(variable, caller) : googleToken(variable, caller);
  const issuerToken = (variable: string, caller: string) =>
    `${variable}=$(curl -s ${quoteForShell(`${control}/issuer-tokens`)} --json ${quoteForShell(JSON.stringify({ caller }))} | sed -n 's/.*"token": "\\(.*\\)".*/\\1/p')`;
  const googleToken = (variable: string, email: string) =>
    `${variable}=$(curl -s -H 'Metadata-Flavor: Google' ${quoteForShell(`${metadata}/computeMetadata/v1/instance/service-accounts/${email}/identity?audience=${encodeURIComponent(audience)}&format=full`)})`;
  const get = (path: string, variable = 'TOKEN', options = '') =>
    `curl -s ${options}-H "Authorization: Bearer $${variable}" ${quoteForShell(bridge + path)}`;
  const object = `/${bucket}/${encoded(sampleKey ?? '')}`;
  const reads = sampleKey === undefined ? [] : [get(object), get(object, 'TOKEN', '-H "Range: bytes=0-15" ')];
  const list = `/${bucket}?list-type=2&delimiter=/${prefix === '' ? '' : `&prefix=${encodeURIComponent(prefix)}`}`;
  const denied = isSample
    ? {
        email: ACCOUNTS.scoped.email,
        may: `only ${SCOPED_PREFIX}`,
        variable: 'SCOPED',
        key: privateKey(sampleKey),
      }
    : { email: callers.stranger, may: 'nothing', variable: 'STRANGER', key: sampleKey ?? 'any-key' };
  return [
    '',
    'The sandbox is up. The bridge and the emulators of Google, STS and S3 listen on 127.0.0.1 only. Press Ctrl-C to stop the sandbox.',
    '',
    `  bridge ${bridge}   control ${control}`,
    `  metadata ${metadata}   keys ${contract.certs}`,
    `  STS ${contract.sts}   S3 ${contract.s3}`,
    `  issuer ${issuer}`,
    `  console ${contract.console}   (open it in a browser, and choose whom to view it as)`,
    '',
    `Get a token for ${callers.reader}, which may read ${whatOf(seed)}:`,
    `  ${token('TOKEN', callers.reader)}`,
    '',
    ...(sampleKey === undefined
      ? ['The directory contains no files yet. Add a file, and use its path in the directory as the key.']
      : []),
    'Read an object, read a range of the object, list keys, and show the identity that the bridge reads from the token:',
    ...[...reads, ...(mayList ? [get(list)] : []), get('/-/whoami')].map((command) => `  ${command}`),
    '',
    `Try to read an object as ${denied.email}. The bridge denies the request, because this caller may read ${denied.may}:`,
    `  ${token(denied.variable, denied.email)}`,
    `  ${get(`/${bucket}/${encoded(denied.key)}`, denied.variable, '-i ')}`,
    '',
    ...(isSample
      ? [
          `Authenticate as a Kubernetes service account, without a Google account. This caller may read only ${SCOPED_PREFIX}:`,
          `  ${token('POD', SERVICE_ACCOUNT)}`,
          `  ${get('/-/whoami', 'POD')}`,
          '',
        ]
      : []),
    ...(operator === undefined
      ? []
      : [
          `Read the metrics as ${operator}, an operator:`,
          `  ${token('OPERATOR', operator)}`,
          `  ${get('/-/metrics', 'OPERATOR')}`,
          '',
        ]),
    ...podLines(running),
    // With --as, clients need a different value of GCE_METADATA_HOST than a second bridge would, so only the clients' value is
    // printed.
    ...(as === undefined
      ? [
          'To run another bridge against the same emulators, set these variables and run "PORT=9090 npm start":',
          ...Object.entries(environment).map(([name, value]) => `  export ${name}=${quoteForShell(value)}`),
        ]
      : [
          `To run a client as if it were on a Google Cloud machine with the service account ${as}, set this variable:`,
          `  export GCE_METADATA_HOST=${new URL(metadata).host}`,
          '',
          'To run another bridge against the same emulators, restart the sandbox without --as: it then prints the variables to set.',
        ]),
    '',
    '',
  ].join('\n');
}

/**
 * Shows how to use the token file. Clients need no helper program, because the SDKs read the file again before the token expires.
 */
function podLines({ pod, tokenFile, bridge }: Running): readonly string[] {
  if (pod === undefined || tokenFile === undefined) return [];
  const roleArn = 'arn:aws:iam::000000000000:role/fedbridge';
  return [
    `To run the AWS CLI or an AWS SDK as ${pod}, as in a pod, set these variables. The sandbox replaces the token in the file before it expires:`,
    `  export AWS_WEB_IDENTITY_TOKEN_FILE=${quoteForShell(tokenFile)} AWS_ROLE_ARN=${roleArn} AWS_ENDPOINT_URL_STS=${bridge}/-/sts`,
    `  export AWS_ENDPOINT_URL_S3=${bridge} AWS_REGION=us-east-1`,
    '',
  ];
}

/** Whether the caller belongs to an issuer. Only the name of such a caller contains a colon that no `@` precedes. */
const isIssued = (caller: string): boolean => /^[^@]*:/.test(caller);

function whatOf({ sample: { bucket, scope } }: Seed): string {
  if (scope.kind === 'key') return `${scope.key} in ${bucket}`;
  return scope.kind === 'prefix' ? `${scope.prefix} in ${bucket}` : `all of ${bucket}`;
}

/**
 * Returns a key that `scoped` is not allowed to read. The object may be missing, because the bridge checks grants before it calls
 * S3.
 */
const privateKey = (sampleKey = ''): string =>
  sampleKey === '' || sampleKey.startsWith(SCOPED_PREFIX) ? 'raw/private/salaries.csv' : sampleKey;
