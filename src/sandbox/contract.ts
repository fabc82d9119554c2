// The URLs, names and keys that clients of the sandbox need, and the environment variables for a bridge that uses the sandbox.
import { CERTS_PATH } from './google/certs.ts';
import { ACCOUNTS, type ServiceAccount } from './google/accounts.ts';
import { IAP_KEYS_PATH } from './iap/sign-in.ts';
import type { KeyPair } from './iam/access-keys.ts';
import type { Users } from './iam/users.ts';
import type { Seed } from './seed.ts';

export interface SandboxContract {
  /** The origin of the metadata server. The other emulators' origins follow, but `certs` is the full URL of Google's key set. */
  readonly metadata: string;
  readonly certs: string;
  /** Emulates oauth2.googleapis.com and iamcredentials.googleapis.com on the same server as `certs`. */
  readonly googleApis: string;
  readonly sts: string;
  readonly s3: string;
  readonly control: string;
  /** The origin of the emulated Kubernetes cluster, which is also the issuer of its tokens. The control API issues the tokens. */
  readonly issuer: string;
  /** The URL of the console behind the emulated Identity-Aware Proxy. Open it in a browser. */
  readonly console: string;
  /** The audience of callers' tokens. */
  readonly audience: string;
  /** The audience of the assertions that the emulated Identity-Aware Proxy sends to the console. */
  readonly consoleAudience: string;
  /** The audience of the bridge's own token. */
  readonly awsAudience: string;
  readonly region: string;
  readonly bucket: string;
  readonly role: string;
  /** The long-term access keys of the user who owns the buckets and may do anything. */
  readonly owner: KeyPair;
  /** A developer's long-term access keys, which can assume the role `developer` with an MFA code from the control API. */
  readonly developer: KeyPair & { readonly mfaSerial: string };
  readonly serviceAccount: ServiceAccount;
  /** Emails of callers; `reader` may be ISSUER:SUBJECT. In a custom configuration, `reader` is the first caller, and `scoped` has no grants. */
  readonly callers: { readonly reader: string; readonly scoped: string; readonly stranger: string };
  /** The operator's email; absent if the configuration has no operator. */
  readonly operator?: string;
  /** Emails of the people who can sign in to the console, by name. */
  readonly people: Readonly<Record<string, string>>;
}

export interface Ports {
  readonly metadata: number;
  readonly certs: number;
  readonly sts: number;
  readonly s3: number;
  readonly control: number;
  readonly issuer: number;
  readonly iap: number;
}

/** The emulators in the order of their ports; the first port is the bridge's port plus one. */
export const UPSTREAM_PORTS = [
  'metadata',
  'certs',
  'sts',
  's3',
  'control',
  'issuer',
  'iap',
] as const satisfies readonly (keyof Ports)[];

export const originOf = (port: number) => `http://127.0.0.1:${port}`;

export function contractOf(ports: Ports, { owner, developer }: Users, seed: Seed): SandboxContract {
  const { scoped, bridge } = ACCOUNTS;
  const { audience, consoleAudience, awsAudience, region, role, sample, reader, stranger, operator, people } =
    seed;
  return {
    metadata: originOf(ports.metadata),
    certs: originOf(ports.certs) + CERTS_PATH,
    googleApis: originOf(ports.certs),
    sts: originOf(ports.sts),
    s3: originOf(ports.s3),
    control: originOf(ports.control),
    issuer: originOf(ports.issuer),
    console: originOf(ports.iap),
    audience,
    consoleAudience,
    awsAudience,
    region,
    bucket: sample.bucket,
    role,
    owner: owner.keys,
    developer: { ...developer.keys, mfaSerial: developer.mfa.serialNumber },
    serviceAccount: bridge,
    callers: { reader, scoped: scoped.email, stranger },
    ...(operator === undefined ? {} : { operator }),
    people: Object.fromEntries(people),
  };
}

/**
 * @param metadata the origin of a metadata server that has the bridge's account as `default`
 * @param config YAML with at least one newline, because the bridge reads a value without a newline as a file name
 */
export function environmentOf(
  contract: SandboxContract,
  metadata: string,
  config: string,
): Record<string, string> {
  return {
    AWS_REGION: contract.region,
    AWS_ENDPOINT_URL_STS: contract.sts,
    AWS_ENDPOINT_URL_S3: contract.s3,
    GCE_METADATA_HOST: new URL(metadata).host,
    FEDBRIDGE_GOOGLE_CERTS: contract.certs,
    FEDBRIDGE_IAP_KEYS: contract.console + IAP_KEYS_PATH,
    FEDBRIDGE_GOOGLE_APIS: contract.googleApis,
    FEDBRIDGE_CONFIG: config,
  };
}
