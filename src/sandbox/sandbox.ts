// Google, STS and S3 for a machine without a cloud: starts the suppliers on loopback, and joins what they share.
import type { RequestListener } from 'node:http';
import { createCallLog } from './calls.ts';
import { createClock, createDurations } from './clock.ts';
import { BUCKET, contractOf, environmentOf, REGION, type Ports, type SandboxContract } from './contract.ts';
import { createControl } from './control/control-routes.ts';
import { createFaults } from './injected-faults.ts';
import { ACCOUNTS, createAccounts } from './google/accounts.ts';
import { createGoogleApis } from './google/google-apis.ts';
import { createIdentityTokens } from './google/identity-tokens.ts';
import { createSigningKeys, type Signer } from './google/keys.ts';
import { createMetadata } from './google/metadata.ts';
import { createCredentials } from './iam/credentials.ts';
import { createRoles } from './iam/roles.ts';
import { SAMPLE_ROLES } from './iam/sample-roles.ts';
import { createUsers } from './iam/users.ts';
import { createKmsKeys } from './kms/kms-keys.ts';
import { onlyByLocalName, onlySameOrigin } from './local-requests.ts';
import { createBucketPolicies } from './s3/bucket-policy.ts';
import { createBuckets } from './s3/buckets.ts';
import { createDirectoryBucket } from './s3/directory-bucket.ts';
import type { Bucket } from './s3/objects.ts';
import { createS3 } from './s3/s3.ts';
import { putSample } from './s3/sample.ts';
import { createSpool } from './s3/spool.ts';
import { createStoredBucket } from './s3/stored-bucket.ts';
import { createSts } from './sts/sts.ts';
import { listen, serveUpstream, type Listener } from './upstream-server.ts';
import type { UpstreamName } from './upstreams.ts';

export type { SandboxContract } from './contract.ts';

export interface SandboxOptions {
  /** Ports on 127.0.0.1, each 0 (any free one) where absent. */
  readonly ports?: Partial<Ports>;
  /** A directory shown read-only as the bucket's content, in the place of the sample. */
  readonly dir?: string;
  /** Names that requests may be for, besides those of this machine: a front may pass `Host` on. In lower case, without a port. */
  readonly hosts?: readonly string[];
}

export interface Sandbox {
  readonly contract: SandboxContract;
  /** The environment with which `fedbridge serve` runs against it. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * A signed token with any header and claims, for tests of forged ones; `iss`, `iat` and `exp` (in an hour) are filled in
   * where `claims` does not name them. `alg` may be RS256 (usual), RS384, RS512, `none`, or HS256 with the public key as
   * the secret; the signer may be a key that Google never published.
   */
  mint(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
    signer?: Signer,
  ): string;
  /**
   * The origin of a metadata server on a machine of this caller's, which calls that account `default` as programs on Google
   * Cloud know themselves; it ends with the sandbox. The bridge's own server has the bridge as `default`.
   */
  machineOf(caller: Exclude<keyof typeof ACCOUNTS, 'bridge'>): Promise<string>;
  close(): Promise<void>;
}

const MINTED_LIFE_SECONDS = 3600;

/** Rejects, with nothing left listening, when a port is taken or `dir` is no directory. */
export async function startSandbox({ ports = {}, dir, hosts }: SandboxOptions = {}): Promise<Sandbox> {
  const keys = await createSigningKeys();
  const [clock, durations, calls, faults] = [
    createClock(),
    createDurations(),
    createCallLog(),
    createFaults(),
  ];
  const [accounts, users, buckets] = [createAccounts(), createUsers(), createBuckets()];
  const parts = {
    clock,
    durations,
    calls,
    faults,
    keys,
    accounts,
    users,
    buckets,
    tokens: createIdentityTokens(keys, clock, durations),
    credentials: createCredentials(users),
    roles: createRoles(SAMPLE_ROLES),
    bucketPolicies: createBucketPolicies(),
    kmsKeys: createKmsKeys(),
    spool: createSpool(),
    region: REGION,
  };
  buckets.add(await firstBucket(dir, clock.now('s3')));

  const mint: Sandbox['mint'] = (claims, header, signer) => {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: 'https://accounts.google.com', iat: now, exp: now + MINTED_LIFE_SECONDS };
    return keys.mint({ ...usual, ...claims }, header, signer);
  };

  const suppliers = {
    metadata: serveUpstream('metadata', createMetadata(parts), parts),
    certs: serveUpstream('certs', createGoogleApis(parts), parts),
    sts: serveUpstream('sts', createSts(parts), parts),
    s3: serveUpstream('s3', createS3(parts), parts),
  };
  const listeners = new Map<UpstreamName | 'control', Listener>();
  const setRefusing = async (supplier: UpstreamName, refusing: boolean) => {
    const listener = listeners.get(supplier);
    await (refusing ? listener?.stopListening() : listener?.listenAgain());
  };
  const control = createControl({ ...parts, keys: { ...keys, mint }, setRefusing });

  const listenLocally = (port: number, serve: RequestListener): Promise<Listener> =>
    listen(port, onlyByLocalName(onlySameOrigin(serve), hosts));
  const machines: Listener[] = [];
  const machineOf: Sandbox['machineOf'] = async (caller) => {
    const metadata = createMetadata(parts, ACCOUNTS[caller].email);
    const machine = await listenLocally(0, serveUpstream('metadata', metadata, parts));
    machines.push(machine);
    return `http://127.0.0.1:${machine.port}`;
  };

  const close = async () => {
    await Promise.all([...listeners.values(), ...machines].map((listener) => listener.close()));
    parts.spool.close();
  };
  const opened: Record<keyof Ports, number> = { metadata: 0, certs: 0, sts: 0, s3: 0, control: 0 };
  try {
    for (const [name, serve] of Object.entries({ ...suppliers, control }) as [
      keyof Ports,
      typeof control,
    ][]) {
      const listener = await listenLocally(ports[name] ?? 0, serve);
      listeners.set(name, listener);
      opened[name] = listener.port;
    }
  } catch (error) {
    await close();
    throw error;
  }
  const contract = contractOf(opened, users);
  return { contract, environment: environmentOf(contract), mint, machineOf, close };
}

async function firstBucket(dir: string | undefined, created: number): Promise<Bucket> {
  const named = { name: BUCKET, region: REGION, created };
  if (dir !== undefined) return createDirectoryBucket(named, dir);
  const bucket = createStoredBucket(named);
  putSample(bucket);
  return bucket;
}
