// The setup for the conformance tests: a bridge in front of a store, which is the sandbox's S3 or a real store.
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { KeyPair } from '../../src/sandbox/iam/credentials.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import type { Operation } from '../results/operations.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

export interface Stage extends Pick<Wire, 'bridge' | 'sandbox' | 'get' | 'put' | 'token' | 'close'> {
  readonly store: 'sandbox' | 'Ceph';
  readonly region: string;
  /** A client that calls the store directly, with the store owner's keys. */
  readonly owner: S3Client;
  /** Records that the operations succeeded. */
  seen(...operations: readonly Operation[]): void;
}

/**
 * `reader` may do everything in both buckets. `scoped` may get and list `raw/public/`, and get one object elsewhere.
 * `stranger` may only get objects below `blind/`.
 * @param all every grantable action that the store supports
 */
export const claimsConfig =
  (region: string, all: string) =>
  ({ audience, awsAudience, role, bucket, callers }: SandboxContract): string => `
audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
roles: { lake: { arn: "${role}" } }
buckets: { ${bucket}: { role: lake }, acme-versions: { role: lake } }
grants:
  - { callers: [${callers.reader}], allow: [${all}], bucket: ${bucket} }
  - { callers: [${callers.reader}], allow: [${all}], bucket: acme-versions }
  - { callers: [${callers.scoped}], allow: [get, list], bucket: ${bucket}, prefix: raw/public/ }
  - { callers: [${callers.scoped}], allow: [get], bucket: ${bucket}, key: raw/rates.csv }
  - { callers: [${callers.stranger}], allow: [get], bucket: ${bucket}, prefix: blind/ }
`;

const EVERYTHING = 'get, list, versions, tags, attributes';

/** The store's endpoint and the store owner's keys. */
export interface Store extends KeyPair {
  readonly name: Stage['store'];
  readonly endpoint: string;
  readonly region: string;
}

export function stageOf(wire: Wire, store: Store, seen: Stage['seen'] = () => undefined): Stage {
  const { name, endpoint, region, accessKeyId, secretAccessKey } = store;
  const owner = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    // Ceph 16 does not accept checksums in trailers, which the SDK sends by default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  return {
    ...wire,
    store: name,
    region,
    owner,
    seen,
    put: async (key, body, more = {}) => {
      await owner.send(new PutObjectCommand({ Bucket: 'acme-lake', Key: key, Body: body, ...more }));
    },
    close: async () => {
      owner.destroy();
      await wire.close();
    },
  };
}

export async function startSandboxStage(): Promise<Stage> {
  const wire = await startWire({ config: (contract) => claimsConfig(contract.region, EVERYTHING)(contract) });
  const { s3, region, owner } = wire.sandbox.contract;
  const stage = stageOf(wire, { ...owner, name: 'sandbox', endpoint: s3, region });
  await stage.owner.send(new CreateBucketCommand({ Bucket: 'acme-versions' }));
  return stage;
}
