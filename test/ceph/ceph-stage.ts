// The bridge in front of a real Ceph. The sandbox provides Google. The role and bucket have the same names as in the sandbox.
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { ACCOUNTS } from '../../src/sandbox/google/accounts.ts';
import { ACCOUNT_ID, AWS_AUDIENCE, LAKE_ROLE } from '../../src/sandbox/iam/roles.ts';
import { claimsConfig, stageOf } from '../conformance/stage.ts';
import type { Stage } from '../conformance/stage.ts';
import { writeResults } from '../results/operations.ts';
import type { Operation } from '../results/operations.ts';
import { startWire } from '../support/wire.ts';
import { freePorts, startCeph } from './ceph-process.ts';
import type { CephProcess } from './ceph-process.ts';
import { startGoogleProxy } from './google-proxy.ts';
import type { GoogleProxy } from './google-proxy.ts';
import { createOwner, createRole, trustGoogle } from './lake-owner.ts';
import type { LakeOwner } from './lake-owner.ts';

export interface CephStage extends Stage {
  readonly ceph: CephProcess;
  readonly google: GoogleProxy;
  readonly lakeOwner: LakeOwner;
}

/**
 * The actions of a grant that Ceph 16 supports. `attributes` is omitted, because Ceph 16 rejects every policy that contains its
 * IAM action.
 */
const KNOWN_TO_CEPH = 'get, list, versions, tags';
/** Ceph accepts any region. */
const REGION = 'us-east-1';
export const BUCKETS = ['acme-lake', 'acme-versions', 'acme-sealed'];
/** A role that trusts a different service account. */
export const OTHERS_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/trusts-another`;

/** The permissions of the role. They never include access to the bucket `acme-sealed`. */
export const READS = {
  Effect: 'Allow',
  Action: ['s3:GetObject*', 's3:ListBucket*'],
  Resource: ['acme-lake', 'acme-lake/*', 'acme-versions', 'acme-versions/*'].map(
    (name) => `arn:aws:s3:::${name}`,
  ),
};

export async function startCephStage(): Promise<CephStage> {
  const certsPort = await freePorts(1);
  const google = await startGoogleProxy(`http://127.0.0.1:${certsPort}/oauth2/v3/certs`);
  const ceph = await startCeph(google.origin).catch((error: unknown) => {
    google.close();
    throw error;
  });
  try {
    const owner = await createOwner(ceph, ACCOUNT_ID);
    const audience = AWS_AUDIENCE;
    await trustGoogle(owner, audience);
    const role = { subject: ACCOUNTS.bridge.uniqueId, audience, permissions: READS };
    await createRole(owner, { ...role, arn: LAKE_ROLE });
    await createRole(owner, { ...role, arn: OTHERS_ROLE, subject: ACCOUNTS.stranger.uniqueId });
    const wire = await startWire({
      ownProcess: true,
      config: claimsConfig(REGION, KNOWN_TO_CEPH),
      environment: { AWS_ENDPOINT_URL_STS: ceph.endpoint, AWS_ENDPOINT_URL_S3: ceph.endpoint },
      sandbox: { ports: { certs: certsPort } },
      ready: false,
    });
    const store = { ...owner, name: 'Ceph', endpoint: ceph.endpoint, region: REGION } as const;
    const seen = new Set<Operation>();
    const stage = stageOf(wire, store, (...operations) => {
      for (const operation of operations) seen.add(operation);
    });
    for (const Bucket of BUCKETS) await stage.owner.send(new CreateBucketCommand({ Bucket }));
    return {
      ...stage,
      ceph,
      google,
      lakeOwner: owner,
      close: async () => {
        await stage.close();
        google.close();
        await ceph.stop();
        // If no operation was recorded, the results of the previous run are kept.
        if (seen.size > 0) await writeResults('Ceph', seen);
      },
    };
  } catch (error) {
    google.close();
    await ceph.stop();
    throw error;
  }
}
