// Through a distribution, for which nginx stands in, Ceph verifies signatures for the host name that the distribution sends.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { LAKE_ROLE } from '../../src/sandbox/iam/roles.ts';
import { nginxLacks, startDistribution } from '../support/distribution.ts';
import type { Distribution } from '../support/distribution.ts';
import { startAnotherBridge } from './another-bridge.ts';
import type { AnotherBridge } from './another-bridge.ts';
import type { CephStage } from './ceph-stage.ts';

const Bucket = 'acme-lake';
const REGION = 'us-east-1';

/** Keys, each with whether the bridge reads it through the distribution. */
const KEYS: readonly (readonly [key: string, isThrough: boolean])[] = [
  ['through/plain.txt', true],
  ['through/a b', true],
  ['through/dt=2026-11-29/tilde~', true],
  ['through/é 日本', true],
  ["through/!*'()&@:,$", true],
  ['through/a//b', false],
  ['through/a/../b', false],
  ['through/a+b', false],
  ['through/a%2Fb', false],
];

const escapeAll = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

export function claimDistribution(stage: () => CephStage): void {
  const lack = nginxLacks();
  describe('a bridge with a CDN distribution in front of Ceph', { skip: lack ?? false }, () => {
    let distribution: Distribution;
    let bridge: AnotherBridge;
    before(async () => {
      distribution = await startDistribution({
        behind: stage().ceph.endpoint,
        bucket: Bucket,
        region: REGION,
      });
      const { reader } = stage().sandbox.contract.callers;
      bridge = await startAnotherBridge(stage(), {
        roles: `lake: { arn: "${LAKE_ROLE}" }`,
        buckets: `${Bucket}: { role: lake, region: ${REGION}, via: "${distribution.origin}" }`,
        grants: `{ callers: [${reader}], allow: [get, list], bucket: ${Bucket} }`,
      });
      for (const [Key] of KEYS)
        await stage().owner.send(new PutObjectCommand({ Bucket, Key, Body: `content of ${Key}` }));
    });
    after(async () => {
      await bridge.stop();
      await distribution.close();
    });

    for (const [key, isThrough] of KEYS)
      it(`reads the key ${JSON.stringify(key)} ${isThrough ? 'through the distribution' : 'directly from Ceph'}`, async () => {
        const before = (await distribution.requests()).length;
        const path = `/${Bucket}/${key.split('/').map(escapeAll).join('/')}`;
        const reply = await bridge.get(path, 'reader');
        assert.deepEqual([reply.status, reply.text], [200, `content of ${key}`]);
        const viewed = (await distribution.requests()).slice(before);
        assert.deepEqual(
          viewed.map(({ status, originStatus }) => [status, originStatus]),
          isThrough ? [[200, '200']] : [],
        );
      });

    it('reads directly from Ceph if the distribution sends a wrong Host header and Ceph therefore rejects the signature', async () => {
      await distribution.change({ originHost: `elsewhere.s3.${REGION}.amazonaws.com` });
      const before = (await distribution.requests()).length;
      const reply = await bridge.get(`/${Bucket}/through/plain.txt`, 'reader');
      assert.deepEqual([reply.status, reply.text], [200, 'content of through/plain.txt']);
      const [viewed] = (await distribution.requests()).slice(before);
      assert.equal(viewed?.originStatus, viewed?.status.toString());
      assert.ok((viewed?.status ?? 0) >= 400);
    });
  });
}
