// The initial state of a sandbox: the bridge's configuration, and the accounts, roles, KMS keys and buckets that the
// configuration needs.
import type { Scope } from '../config/types.ts';
import { ACCOUNTS, INSTANCE, PROJECT, type ServiceAccount } from './google/accounts.ts';
import type { People } from './iap/sign-in.ts';
import { ACCOUNT_ID, AWS_AUDIENCE, LAKE_ROLE, type RoleDefinition } from './iam/roles.ts';
import { SAMPLE_ROLES } from './iam/sample-roles.ts';
import { SAMPLE_KEYS } from './s3/sample.ts';

export interface SeedBucket {
  /** The bucket's name in S3. */
  readonly name: string;
  readonly region: string;
  /** The AWS account that owns the bucket. */
  readonly owner: string;
  /** Keys of the initial objects. */
  readonly keys: readonly string[];
}

/** The sample request that the sandbox prints at startup. */
export interface SampleRead {
  /** `bucket` is the name that callers use, and `target` is the bucket's name in S3. */
  readonly bucket: string;
  readonly target: string;
  readonly key: string;
  /** The keys that the caller may get and, if `mayList` is true, list. */
  readonly scope: Scope;
  readonly mayList: boolean;
}

/** An issuer in the bridge's configuration. */
export interface SeedIssuer {
  readonly name: string;
  readonly kind: 'kubernetes' | 'generic';
  /** The `iss` claim of the issuer's tokens. */
  readonly url: string;
  /** The audience of the issuer's tokens. */
  readonly audience: string;
}

export interface Seed {
  /**
   * Returns the bridge's configuration in YAML, with at least one newline.
   * @param issuer the origin of the emulated issuer, which has the keys of all issuers
   */
  readonly config: (issuer: string) => string;
  /** Returns the issuers in the configuration. */
  readonly issuers: (issuer: string) => readonly SeedIssuer[];
  /** The audience of callers' tokens. */
  readonly audience: string;
  /** The audience of the assertions for the console. */
  readonly consoleAudience: string;
  /** The audience of the bridge's own token. */
  readonly awsAudience: string;
  readonly region: string;
  /** Service accounts to add to the sandbox's own. */
  readonly accounts: readonly ServiceAccount[];
  readonly roles: readonly RoleDefinition[];
  readonly kmsKeys: readonly string[];
  readonly buckets: readonly SeedBucket[];
  /** The ARN of the role that reads the sample bucket. */
  readonly role: string;
  readonly sample: SampleRead;
  /**
   * The emails of callers: `reader` may make the sample request, and `stranger` has no grants. `reader` may also be
   * ISSUER:SUBJECT.
   */
  readonly reader: string;
  readonly stranger: string;
  /** The operator's email; absent if the configuration has no operator. */
  readonly operator?: string;
  /** The people who can sign in to the console. */
  readonly people: People;
}

export const REGION = 'eu-west-1';
const BUCKET = 'acme-lake';
const AUDIENCE = 'https://lake-bridge.example';
/** The only prefix that `scoped` may read. */
export const SCOPED_PREFIX = 'raw/public/';

/** An object that both `reader` and `scoped` may get. */
export const SAMPLE_KEY = `${SCOPED_PREFIX}orders.csv`;

const { reader, scoped, stranger, operator } = ACCOUNTS;

/** The audience of the console's assertions if the configuration has no `console`. */
export const CONSOLE_AUDIENCE = `/projects/${PROJECT.number}/locations/${INSTANCE.region}/services/fedbridge-console`;

const personNamed = (name: string): string => `${name}@acme.example`;

/** A person whom no grant names. */
export const STRANGE_PERSON = personNamed('stranger');

const PEOPLE: People = new Map(
  ['reader', 'scoped', 'stranger', 'operator'].map((name) => [name, personNamed(name)]),
);

/** The name of the emulated Kubernetes cluster in the sample, and a service account that may read what `scoped` may read. */
const CLUSTER = 'cluster';
export const SERVICE_ACCOUNT = `${CLUSTER}:analytics/etl`;

const configFor = (issuer: string): string => `audience: ${AUDIENCE}
issuers:
  - name: ${CLUSTER}
    kind: kubernetes
    url: ${issuer}
aws:
  region: ${REGION}
  audience: ${AWS_AUDIENCE}
roles:
  lake:
    arn: ${LAKE_ROLE}
buckets:
  ${BUCKET}:
    role: lake
grants:
  - callers: [${reader.email}, user:${personNamed('reader')}, user:${personNamed('operator')}]
    allow: [get, list]
    bucket: ${BUCKET}
  - callers: [${scoped.email}, ${SERVICE_ACCOUNT}, user:${personNamed('scoped')}]
    allow: [get, list]
    bucket: ${BUCKET}
    prefix: ${SCOPED_PREFIX}
operators: [${operator.email}, user:${personNamed('operator')}]
console:
  audience: ${CONSOLE_AUDIENCE}
`;

/** A sandbox's initial state if there is no custom configuration. */
export const SAMPLE_SEED: Seed = {
  config: configFor,
  issuers: (url) => [{ name: CLUSTER, kind: 'kubernetes', url, audience: AUDIENCE }],
  audience: AUDIENCE,
  consoleAudience: CONSOLE_AUDIENCE,
  awsAudience: AWS_AUDIENCE,
  region: REGION,
  accounts: [],
  roles: SAMPLE_ROLES,
  kmsKeys: [],
  buckets: [{ name: BUCKET, region: REGION, owner: ACCOUNT_ID, keys: SAMPLE_KEYS }],
  role: LAKE_ROLE,
  sample: { bucket: BUCKET, target: BUCKET, key: SAMPLE_KEY, scope: { kind: 'bucket' }, mayList: true },
  reader: reader.email,
  stranger: stranger.email,
  operator: operator.email,
  people: PEOPLE,
};
