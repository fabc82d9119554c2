// With Ceph's STS, the bridge assumes each role in a chain with the previous role's session. Sessions are named after the
// caller, and only the last session has a session policy. Ceph 16 ignores session tags and source identity, and supports no
// condition on an external ID; the sandbox tests cover these features.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ACCOUNT_ID, LAKE_ROLE } from '../../src/sandbox/iam/roles.ts';
import { fakedClocks } from '../support/faked-clock.ts';
import { until } from '../support/until.ts';
import { startAnotherBridge } from './another-bridge.ts';
import type { AnotherBridge } from './another-bridge.ts';
import type { CephStage } from './ceph-stage.ts';
import { createHopRole } from './lake-owner.ts';
import { startStsBetween } from './sts-recorder.ts';
import type { StsBetween } from './sts-recorder.ts';

const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;
const sessionArn = (name: string, caller: string): string =>
  `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${name}/${caller}@acme-prod`;
const [DATA, VAULT, READERS] = [roleArn('lake-data'), roleArn('vault'), roleArn('readers-alone')];
const Bucket = 'acme-lake';
const [OPEN, CLOSED] = ['raw/public/orders.csv', 'raw/private/pay.csv'];
/** Together, these hops use every option that a chained role can have. Ceph accepts or ignores each option. */
const HOPS = [
  `{ arn: "${DATA}", externalId: 7f3c, tags: { team: data }, callerTags: true, transitiveTags: [team], sourceIdentity: caller }`,
  `{ arn: "${VAULT}" }`,
].join(', ');
/** The minimum duration of a role's session. The bridge renews the session in its last three and a half minutes. */
const LIFE_SECONDS = 900;
/** Ceph rejects signatures that are 15 minutes old. */
const [DUE_SECONDS, OVER_SECONDS] = [740, 860];

export function claimChain(stage: () => CephStage): void {
  const grants = (): string => {
    const { reader, scoped } = stage().sandbox.contract.callers;
    return `{ callers: [${reader}], allow: [get, list], bucket: ${Bucket} },
      { callers: [${scoped}], allow: [get, list], bucket: ${Bucket}, prefix: raw/public/ },
      { callers: [${reader}, ${scoped}], allow: [get], bucket: by-readers },
      { callers: [${reader}], allow: [get], bucket: skipping }`;
  };
  const options = () => ({
    roles: `chain: { arn: "${LAKE_ROLE}", duration: ${LIFE_SECONDS}s, then: [${HOPS}] },
      readers: { arn: "${LAKE_ROLE}", then: [{ arn: "${READERS}" }] },
      skipping: { arn: "${LAKE_ROLE}", then: [{ arn: "${VAULT}" }] }`,
    buckets: `${Bucket}: { role: chain }, by-readers: { role: readers, target: ${Bucket} },
      skipping: { role: skipping, target: ${Bucket} }`,
    grants: grants(),
  });

  describe('a chain of three roles on Ceph', () => {
    let between: StsBetween;
    let bridge: AnotherBridge;
    before(async () => {
      const permissions = {
        Effect: 'Allow',
        Action: ['s3:GetObject*', 's3:ListBucket*'],
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      };
      for (const [arn, trusts] of [
        [DATA, LAKE_ROLE],
        [VAULT, DATA],
        [READERS, sessionArn('gcp-lake-read', 'reader')],
      ] as const)
        await createHopRole(stage().lakeOwner, { arn, trusts: [trusts], permissions });
      for (const key of [OPEN, CLOSED]) await stage().put(key, key);
      between = await startStsBetween(stage().ceph.endpoint);
      bridge = await startAnotherBridge(stage(), { ...options(), sts: between.origin });
    });
    after(async () => {
      await bridge.stop();
      between.close();
    });
    const walkFor = (caller: string, roles: readonly string[]) =>
      between.exchanges.filter(
        (one) => one.sessionName === `${caller}@acme-prod` && roles.includes(one.roleArn),
      );

    it('lets a caller read an object, with only one STS request for each role', async () => {
      for (let i = 0; i < 3; i += 1) {
        const reply = await bridge.get(`/${Bucket}/${CLOSED}`, 'reader');
        assert.deepEqual([reply.status, reply.text], [200, CLOSED]);
      }
      const walk = walkFor('reader', [LAKE_ROLE, DATA, VAULT]);
      assert.deepEqual(
        walk.map(({ action, roleArn: arn }) => [action, arn]),
        [
          ['AssumeRoleWithWebIdentity', LAKE_ROLE],
          ['AssumeRole', DATA],
          ['AssumeRole', VAULT],
        ],
      );
      assert.deepEqual(
        walk.map(({ policy }) => policy === ''),
        [true, true, false],
        'only the last hop has a session policy',
      );
    });

    it("names every role's session after the caller", async () => {
      assert.equal((await bridge.get(`/by-readers/${OPEN}`, 'reader')).status, 200);
      const refused = await bridge.get(`/by-readers/${OPEN}`, 'scoped');
      assert.equal(refused.status, 502, "the trust policy allows only another caller's session");

      const deny = { Effect: 'Deny', Principal: { AWS: [sessionArn('vault', 'scoped')] } };
      const Statement = [{ ...deny, Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` }];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      const { owner } = stage();
      assert.equal((await bridge.get(`/${Bucket}/${OPEN}`, 'scoped')).status, 200);
      await owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      try {
        const denied = await bridge.get(`/${Bucket}/${OPEN}`, 'scoped');
        assert.deepEqual([denied.status, denied.headers['x-fedbridge-error']], [403, 'upstream_denied']);
        assert.equal((await bridge.get(`/${Bucket}/${OPEN}`, 'reader')).status, 200);
      } finally {
        await owner.send(new DeleteBucketPolicyCommand({ Bucket }));
      }
    });

    it("ends with a session that Ceph itself limits to the caller's grants", async () => {
      assert.equal((await bridge.get(`/${Bucket}/${OPEN}`, 'scoped')).status, 200);
      const last = walkFor('scoped', [VAULT]).at(-1);
      assert.ok(last !== undefined);
      const session = new S3Client({
        endpoint: stage().ceph.endpoint,
        region: stage().region,
        credentials: last.keys,
        forcePathStyle: true,
        maxAttempts: 1,
      });
      await session.send(new GetObjectCommand({ Bucket, Key: OPEN }));
      await session.send(new ListObjectsV2Command({ Bucket, Prefix: 'raw/public/' }));
      const denied = { name: 'AccessDenied' };
      await assert.rejects(session.send(new GetObjectCommand({ Bucket, Key: CLOSED })), denied);
      await assert.rejects(session.send(new ListObjectsV2Command({ Bucket, Prefix: 'raw/' })), denied);
      session.destroy();
    });

    it('fails if the configuration skips a role, and the log names the hop that Ceph denied', async () => {
      const reply = await bridge.get(`/skipping/${OPEN}`, 'reader');
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [502, 'federation_failed']);
      assert.doesNotMatch(reply.text, /arn:|123456789012|127\.0\.0\.1/);
      const line = await bridge.line((one) => one['requestId'] === reply.headers['x-request-id']);
      assert.equal(line['fault'], 'sts_hop_denied');
      const cause = line['cause'] as Record<string, unknown>;
      assert.deepEqual(
        [cause['hop'], cause['roleArn'], cause['assumedBy'], cause['needs']],
        [1, VAULT, sessionArn('gcp-lake-read', 'reader'), 'sts:AssumeRole'],
      );
    });

    it('is renewed in the background, starting with the first role, before its sessions expire', async (test) => {
      const clocks = await fakedClocks();
      const renewing = await startStsBetween(stage().ceph.endpoint);
      const clocked = await startAnotherBridge(stage(), {
        ...options(),
        sts: renewing.origin,
        environment: clocks.environment,
      });
      test.after(async () => {
        await clocked.stop();
        renewing.close();
        await clocks.remove();
      });
      const get = async (): Promise<number> => (await clocked.get(`/${Bucket}/${OPEN}`, 'scoped')).status;
      const own = () => renewing.exchanges.filter(({ sessionName }) => sessionName === 'scoped@acme-prod');
      assert.equal(await get(), 200);
      assert.equal(own().length, 3);
      await clocks.setClocks({ wallAheadMs: DUE_SECONDS * 1000 });
      assert.equal(await get(), 200);
      await until('the chain has been assumed again', () => own().length === 6);
      assert.deepEqual(
        own()
          .slice(3)
          .map(({ roleArn: arn }) => arn),
        [LAKE_ROLE, DATA, VAULT],
      );
      await clocks.setClocks({ wallAheadMs: OVER_SECONDS * 1000 });
      assert.equal(await get(), 200);
      assert.equal(own().length, 6, 'the new sessions serve');
      assert.equal(new Set(own().map(({ keys }) => keys.accessKeyId)).size, 6);
    });
  });
}
