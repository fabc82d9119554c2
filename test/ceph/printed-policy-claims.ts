// Tests the trust policies that `fedbridge trust-policy --for` prints: Ceph accepts the service's token, and no other account's.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleWithWebIdentityCommand, STSClient, STSServiceException } from '@aws-sdk/client-sts';
import { ACCOUNT_ID, AWS_AUDIENCE } from '../../src/sandbox/iam/roles.ts';
import { runTrustPolicy } from '../policy/lint/program.ts';
import { READS } from './ceph-stage.ts';
import type { CephStage } from './ceph-stage.ts';
import { createRoleWithPolicy } from './lake-owner.ts';

const SERVICE_ID = '110334567890123456789';
const ANOTHER_ID = '112010400000000710080';
const OBJECT = { Bucket: 'acme-lake', Key: 'raw/public/for-services.csv' };

export function claimPrintedPolicies(stage: () => CephStage): void {
  for (const [service, option] of [
    ['storage-transfer', '--subject-id'],
    ['bigquery', '--identity'],
  ] as const)
    describe(`the trust policy for ${service} on Ceph`, () => {
      const arn = `arn:aws:iam::${ACCOUNT_ID}:role/for-${service}`;
      const assume = async (sub: string) => {
        const sts = new STSClient({
          endpoint: stage().ceph.endpoint,
          region: stage().region,
          credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
          maxAttempts: 1,
        });
        const token = stage().sandbox.mint({ aud: AWS_AUDIENCE, azp: sub, sub });
        const command = { RoleArn: arn, RoleSessionName: 'service', WebIdentityToken: token };
        try {
          return (await sts.send(new AssumeRoleWithWebIdentityCommand(command))).Credentials;
        } finally {
          sts.destroy();
        }
      };
      before(async () => {
        const { code, stdout } = await runTrustPolicy(['--for', service, option, SERVICE_ID]);
        assert.equal(code, 0);
        await createRoleWithPolicy(stage().lakeOwner, { arn, printed: stdout, permissions: READS });
        await stage().put(OBJECT.Key, 'for services');
      });

      it('lets the service read', async () => {
        const {
          AccessKeyId = '',
          SecretAccessKey = '',
          SessionToken = '',
        } = (await assume(SERVICE_ID)) ?? {};
        const s3 = new S3Client({
          endpoint: stage().ceph.endpoint,
          region: stage().region,
          credentials: {
            accessKeyId: AccessKeyId,
            secretAccessKey: SecretAccessKey,
            sessionToken: SessionToken,
          },
          forcePathStyle: true,
          maxAttempts: 1,
        });
        const { Body } = await s3.send(new GetObjectCommand(OBJECT));
        assert.equal(await Body?.transformToString(), 'for services');
        s3.destroy();
      });

      it('rejects the token of another account', async () => {
        await assert.rejects(assume(ANOTHER_ID), (error: unknown) => {
          assert.ok(error instanceof STSServiceException);
          // Ceph's error has no code that the SDK knows.
          assert.equal(error.$metadata.httpStatusCode, 403);
          return true;
        });
      });
    });
}
