// Tests federation with Ceph's STS: which tokens Ceph accepts, what a session may do, and when a session expires.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startAnotherBridge } from './another-bridge.ts';
import type { AnotherBridge } from './another-bridge.ts';
import { OTHERS_ROLE } from './ceph-stage.ts';
import type { CephStage } from './ceph-stage.ts';
import { startStsBetween } from './sts-recorder.ts';
import type { GivenKeys, StsBetween } from './sts-recorder.ts';

// The bridge stops using credentials when only a tenth of their lifetime is left. That tenth must be longer than any pause on a
// busy machine.
const LIFE_SECONDS = 12;
const LIVES = 1.5;
const SCOPED_NAME = 'scoped@acme-prod';

export function claimFederation(stage: () => CephStage): void {
  const role = (): string => `lake: { arn: "${stage().sandbox.contract.role}" }`;
  const callers = () => stage().sandbox.contract.callers;
  /** A client that calls Ceph directly, with a session's credentials. */
  const asSession = (credentials: GivenKeys): S3Client =>
    new S3Client({
      endpoint: stage().ceph.endpoint,
      region: stage().region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    });
  const Bucket = 'acme-lake';
  const sessionArn = (): string =>
    `${stage().sandbox.contract.role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${SCOPED_NAME}`;

  describe("the bridge's token", () => {
    it('is verified by Ceph with keys that Ceph fetches from Google', () => {
      const { fetched } = stage().google;
      assert.ok(fetched.includes('accounts.google.com/.well-known/openid-configuration'));
      assert.ok(fetched.includes('www.googleapis.com/oauth2/v3/certs'));
    });
  });

  describe('a session on Ceph', () => {
    let between: StsBetween;
    let bridge: AnotherBridge;
    let session: S3Client;
    before(async () => {
      for (const Key of [
        'raw/public/orders.csv',
        'raw/private/pay.csv',
        'star*/in',
        'starry/out',
        'é$?/in',
        'é$x/out',
      ])
        await stage().put(Key, Key);
      between = await startStsBetween(stage().ceph.endpoint);
      bridge = await startAnotherBridge(stage(), {
        roles: role(),
        buckets: `${Bucket}: { role: lake }`,
        sts: between.origin,
        grants: `{ callers: [${callers().scoped}], allow: [get, list], bucket: ${Bucket}, prefix: raw/public/ },
          { callers: [${callers().reader}], allow: [get], bucket: ${Bucket}, prefix: "star*/" },
          { callers: [${callers().reader}], allow: [get], bucket: ${Bucket}, prefix: "é$?/" }`,
      });
      assert.equal((await bridge.get('/acme-lake/raw/public/orders.csv', 'scoped')).status, 200);
      const given = between.exchanges.find(({ sessionName }) => sessionName === SCOPED_NAME);
      assert.ok(given !== undefined, 'the session is named after the caller');
      session = asSession(given.keys);
    });
    after(async () => {
      session.destroy();
      await bridge.stop();
      between.close();
    });

    it("can read and list the objects in its caller's grants", async () => {
      await session.send(new GetObjectCommand({ Bucket, Key: 'raw/public/orders.csv' }));
      await session.send(new ListObjectsV2Command({ Bucket, Prefix: 'raw/public/' }));
    });

    it("cannot read outside its caller's grants, because Ceph itself denies such reads", async () => {
      const denied = { name: 'AccessDenied' };
      for (const Key of ['raw/private/pay.csv', 'starry/out'])
        await assert.rejects(session.send(new GetObjectCommand({ Bucket, Key })), denied, Key);
      for (const Prefix of ['', 'raw/', 'raw/public', 'raw/private/'])
        await assert.rejects(session.send(new ListObjectsV2Command({ Bucket, Prefix })), denied, Prefix);
      await assert.rejects(session.send(new ListObjectsV2Command({ Bucket: 'acme-versions' })), denied);
      await assert.rejects(
        session.send(new PutObjectCommand({ Bucket, Key: 'raw/public/new', Body: 'x' })),
        denied,
      );
    });

    it("cannot read outside its caller's grants even if a bucket policy allows such reads", async (test) => {
      const Statement = {
        Effect: 'Allow',
        Principal: { AWS: [sessionArn()] },
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      };
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      const { owner } = stage();
      await owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      test.after(() => owner.send(new DeleteBucketPolicyCommand({ Bucket })));
      const denied = { name: 'AccessDenied' };
      await session.send(new GetObjectCommand({ Bucket, Key: 'raw/public/orders.csv' }));
      await session.send(new ListObjectsV2Command({ Bucket, Prefix: 'raw/public/' }));
      await assert.rejects(
        session.send(new GetObjectCommand({ Bucket, Key: 'raw/private/pay.csv' })),
        denied,
      );
      for (const Prefix of ['raw/', 'raw/private/'])
        await assert.rejects(session.send(new ListObjectsV2Command({ Bucket, Prefix })), denied, Prefix);
    });

    it('treats "*", "?" and "$" in a prefix literally', async () => {
      // On AWS, ${*}, ${?} and ${$} stand for the literal characters. Ceph 16 does not support these variables, so it denies
      // reads that AWS would allow. Both AWS and Ceph must deny everything outside the prefix.
      for (const path of ['/acme-lake/star*/in', '/acme-lake/%C3%A9$%3F/in'])
        assert.equal(
          (await bridge.get(path, 'reader')).headers['x-fedbridge-error'],
          'upstream_denied',
          path,
        );
      const given = between.exchanges.find(({ sessionName }) => sessionName === 'reader@acme-prod');
      const client = asSession(given?.keys ?? { accessKeyId: '', secretAccessKey: '', sessionToken: '' });
      for (const Key of ['starry/out', 'é$x/out', 'raw/private/pay.csv'])
        await assert.rejects(
          client.send(new GetObjectCommand({ Bucket, Key })),
          { name: 'AccessDenied' },
          Key,
        );
      client.destroy();
    });
  });

  describe('a session that lasts 12 seconds', () => {
    it('is replaced in the background before it expires, and Ceph rejects it once it has expired', async (test) => {
      const between = await startStsBetween(stage().ceph.endpoint, LIFE_SECONDS);
      const bridge = await startAnotherBridge(stage(), {
        roles: role(),
        buckets: `${Bucket}: { role: lake }`,
        sts: between.origin,
        grants: `{ callers: [${callers().scoped}], allow: [get], bucket: ${Bucket}, prefix: raw/public/ }`,
      });
      test.after(async () => {
        await bridge.stop();
        between.close();
      });
      const statuses = new Set<number>();
      const end = Date.now() + LIVES * LIFE_SECONDS * 1000;
      while (Date.now() < end) {
        statuses.add((await bridge.get('/acme-lake/raw/public/orders.csv', 'scoped')).status);
        await setTimeout(20);
      }
      assert.deepEqual(statuses, new Set([200]));
      const own = between.exchanges.filter(({ sessionName }) => sessionName === SCOPED_NAME);
      assert.ok(own.length >= 2 && own.length <= 3, `${own.length} sessions in ${LIVES} lifetimes`);
      assert.equal(new Set(own.map(({ keys }) => keys.accessKeyId)).size, own.length);
      const [first] = own;
      assert.ok(first !== undefined && Date.now() - first.at > LIFE_SECONDS * 1000);
      const ended = asSession(first.keys);
      // For an expired session, AWS responds with 400 ExpiredToken, and the bridge renews the session. Ceph 16
      // responds with 403 AccessDenied without a reason, after which the bridge renews a caller's session at most
      // once in five minutes.
      await assert.rejects(ended.send(new GetObjectCommand({ Bucket, Key: 'raw/public/orders.csv' })), {
        name: 'AccessDenied',
      });
      ended.destroy();
    });
  });

  describe('an error from Ceph', () => {
    let bridge: AnotherBridge;
    before(async () => {
      const nowhere = stage().sandbox.contract.role.replace(/[^/]*$/, 'nowhere');
      bridge = await startAnotherBridge(stage(), {
        roles: `${role()}, others: { arn: "${OTHERS_ROLE}" }, nowhere: { arn: "${nowhere}" }`,
        buckets: `acme-sealed: { role: lake }, acme-lake: { role: lake }, by-others: { role: others, target: acme-lake },
          by-nobody: { role: nowhere, target: acme-lake }`,
        grants: ['acme-sealed', 'by-others', 'by-nobody']
          .map((bucket) => `{ callers: [${callers().reader}], allow: [get, list], bucket: ${bucket} }`)
          .concat(`{ callers: [${callers().reader}], allow: [get, attributes], bucket: acme-lake }`)
          .join(', '),
      });
    });
    after(async () => {
      await bridge.stop();
    });

    for (const [what, path, fault] of [
      ['a role that trusts another account', '/by-others/raw/rates.csv', 'sts_denied'],
      ['a role that does not exist', '/by-nobody/raw/rates.csv', 'sts_denied'],
      // Ceph 16 rejects a policy with an unknown action, such as s3:GetObjectAttributes.
      ['a session policy', '/acme-lake/raw/rates.csv', 'sts_request_invalid'],
    ] as const) {
      it(`about ${what} becomes a 502, and its cause is logged`, async () => {
        const reply = await bridge.get(path, 'reader');
        assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [502, 'federation_failed']);
        assert.doesNotMatch(reply.text, /arn:|123456789012|127\.0\.0\.1/);
        const line = await bridge.line((one) => one['requestId'] === reply.headers['x-request-id']);
        assert.equal(line['fault'], fault);
      });
    }

    it("becomes a 403 upstream_denied with the bridge's own message if the role does not allow the read", async () => {
      await stage().owner.send(new PutObjectCommand({ Bucket: 'acme-sealed', Key: 'secret', Body: 'x' }));
      for (const path of ['/acme-sealed/secret', '/acme-sealed?list-type=2']) {
        const reply = await bridge.get(path, 'reader');
        assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
        assert.equal(reply.headers['x-fedbridge-error'], 'upstream_denied');
        // The Message in Ceph's own error document is empty, so this Message comes from the bridge.
        assert.match(reply.text, /<Message>The storage service denied this read: [^<]+<\/Message>/);
        assert.doesNotMatch(reply.text, /arn:|123456789012/);
      }
    });
  });
}
