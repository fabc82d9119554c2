// With Ceph's S3, the cache serves an object only to sessions that Ceph allows to read it, and never serves an old version.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { LAKE_ROLE } from '../../src/sandbox/iam/roles.ts';
import { startAnotherBridge } from './another-bridge.ts';
import type { AnotherBridge } from './another-bridge.ts';
import type { CephStage } from './ceph-stage.ts';

const Bucket = 'acme-lake';
const Key = 'cached/one.bin';
const PATH = `/${Bucket}/${Key}`;
const SESSIONS = LAKE_ROLE.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/');
const [FIRST, SECOND] = [Buffer.alloc(3_000_000, 'a'), Buffer.alloc(3_000_000, 'b')];

export function claimCache(stage: () => CephStage): void {
  describe('a cache in front of Ceph', () => {
    let bridge: AnotherBridge;
    before(async () => {
      const { reader, scoped } = stage().sandbox.contract.callers;
      bridge = await startAnotherBridge(stage(), {
        roles: `lake: { arn: "${LAKE_ROLE}" }`,
        buckets: `${Bucket}: { role: lake }`,
        grants: `{ callers: [${reader}, ${scoped}], allow: [get], bucket: ${Bucket} }`,
        more: 'cache: { memory: 32MiB }',
      });
      await put(FIRST);
    });
    after(() => bridge.stop());

    const put = (Body: Buffer) => stage().owner.send(new PutObjectCommand({ Bucket, Key, Body }));

    it('serves an object to a session only after Ceph has confirmed that this session may read it', async () => {
      for (const status of [/uri-miss.*stored/, /fwd=stale; fwd-status=304/]) {
        const reply = await bridge.get(PATH, 'reader');
        assert.ok(reply.body.equals(FIRST));
        assert.match(String(reply.headers['cache-status']), status);
      }
      const other = await bridge.get(PATH, 'scoped');
      assert.ok(other.body.equals(FIRST));
      assert.match(String(other.headers['cache-status']), /fwd=stale; fwd-status=304/);
    });

    it('serves an object to a session that Ceph allows, but not to a session that Ceph denies', async () => {
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Deny',
          Principal: { AWS: [`${SESSIONS}/scoped@acme-prod`] },
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${Bucket}/*`,
        },
      });
      await stage().owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      try {
        const denied = await bridge.get(PATH, 'scoped');
        assert.deepEqual([denied.status, denied.headers['x-fedbridge-error']], [403, 'upstream_denied']);
        const allowed = await bridge.get(PATH, 'reader');
        assert.ok(allowed.body.equals(FIRST));
        assert.match(String(allowed.headers['cache-status']), /fwd-status=304/);
      } finally {
        await stage().owner.send(new DeleteBucketPolicyCommand({ Bucket }));
      }
    });

    it('serves a new version immediately, and reports a deletion immediately', async () => {
      await put(SECOND);
      assert.ok((await bridge.get(PATH, 'reader')).body.equals(SECOND));
      await stage().owner.send(new DeleteObjectCommand({ Bucket, Key }));
      // Ceph reports a missing key as denied to sessions that may not list the bucket.
      assert.ok([403, 404].includes((await bridge.get(PATH, 'reader')).status));
    });
  });
}
