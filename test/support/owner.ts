// An S3 client with the bucket owner's access keys, and a helper that changes the bucket's versioning.
import { PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import type { Wire } from './wire.ts';

export function ownerOf({
  sandbox: { contract },
}: {
  readonly sandbox: { readonly contract: SandboxContract };
}): S3Client {
  const { s3: endpoint, region, owner: credentials } = contract;
  return new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

export async function keepVersions(wire: Wire): Promise<void> {
  const owner = ownerOf(wire);
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await owner.send(
    new PutBucketVersioningCommand({ Bucket: wire.sandbox.contract.bucket, VersioningConfiguration }),
  );
  owner.destroy();
}
