// What a client of the sandbox has to know, and the environment with which the bridge runs against it.
import { CERTS_PATH } from './google/certs.ts';
import { ACCOUNTS, type ServiceAccount } from './google/accounts.ts';
import type { KeyPair } from './iam/access-keys.ts';
import { AWS_AUDIENCE, LAKE_ROLE } from './iam/roles.ts';
import type { Users } from './iam/users.ts';

export interface SandboxContract {
  /** Origins; `certs` is the whole URL of the key set. */
  readonly metadata: string;
  readonly certs: string;
  /** Stands for oauth2.googleapis.com and iamcredentials.googleapis.com; the server of `certs`. */
  readonly googleApis: string;
  readonly sts: string;
  readonly s3: string;
  readonly control: string;
  /** What callers' tokens must be for. */
  readonly audience: string;
  /** What the bridge's own token must be for. */
  readonly awsAudience: string;
  readonly region: string;
  readonly bucket: string;
  readonly role: string;
  /** The keys that fill buckets; they have no session token. */
  readonly owner: KeyPair;
  /** A person's keys, the same in every sandbox: with an MFA code of the control route they open the role `developer`. */
  readonly developer: KeyPair & { readonly mfaSerial: string };
  readonly serviceAccount: ServiceAccount;
  /** E-mails. */
  readonly callers: { readonly reader: string; readonly scoped: string; readonly stranger: string };
}

export interface Ports {
  readonly metadata: number;
  readonly certs: number;
  readonly sts: number;
  readonly s3: number;
  readonly control: number;
}

export const REGION = 'eu-west-1';
export const BUCKET = 'acme-lake';
const AUDIENCE = 'https://lake-bridge.example';
/** All that `scoped` may read. */
export const SCOPED_PREFIX = 'raw/public/';

const originOf = (port: number) => `http://127.0.0.1:${port}`;

export function contractOf(ports: Ports, { owner, developer }: Users): SandboxContract {
  const { reader, scoped, stranger, bridge } = ACCOUNTS;
  return {
    metadata: originOf(ports.metadata),
    certs: originOf(ports.certs) + CERTS_PATH,
    googleApis: originOf(ports.certs),
    sts: originOf(ports.sts),
    s3: originOf(ports.s3),
    control: originOf(ports.control),
    audience: AUDIENCE,
    awsAudience: AWS_AUDIENCE,
    region: REGION,
    bucket: BUCKET,
    role: LAKE_ROLE,
    owner: owner.keys,
    developer: { ...developer.keys, mfaSerial: developer.mfa.serialNumber },
    serviceAccount: bridge,
    callers: { reader: reader.email, scoped: scoped.email, stranger: stranger.email },
  };
}

/** `config` is the bridge's YAML, in the place of the sandbox's own. */
export function environmentOf(
  contract: SandboxContract,
  config = configOf(contract),
): Record<string, string> {
  return {
    AWS_REGION: contract.region,
    AWS_ENDPOINT_URL_STS: contract.sts,
    AWS_ENDPOINT_URL_S3: contract.s3,
    GCE_METADATA_HOST: new URL(contract.metadata).host,
    FEDBRIDGE_GOOGLE_CERTS: contract.certs,
    FEDBRIDGE_GOOGLE_APIS: contract.googleApis,
    // The variable holds the YAML itself where it has a newline.
    FEDBRIDGE_CONFIG: config.includes('\n') ? config : `${config}\n`,
  };
}

function configOf({ audience, awsAudience, region, role, bucket, callers }: SandboxContract): string {
  return `audience: ${audience}
aws:
  region: ${region}
  audience: ${awsAudience}
roles:
  lake:
    arn: ${role}
buckets:
  ${bucket}:
    role: lake
grants:
  - callers: [${callers.reader}]
    allow: [get, list]
    bucket: ${bucket}
  - callers: [${callers.scoped}]
    allow: [get, list]
    bucket: ${bucket}
    prefix: ${SCOPED_PREFIX}
`;
}
