// Claims about what Ceph refuses where a bug of ours permits everything: each caller is still held to its grants.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { withoutAuthorisation } from '../support/without-authorization.ts';
import type { ProgramWithoutAuthorisation } from '../support/without-authorization.ts';
import { startAnotherBridge } from './another-bridge.ts';
import type { AnotherBridge } from './another-bridge.ts';
import type { CephStage } from './ceph-stage.ts';

const OPEN = '/acme-lake/raw/public/orders.csv';
/** All of it is there, and the role itself may read it. */
const BEYOND: readonly (readonly [what: string, path: string])[] = [
  ['an object beside its prefix', '/acme-lake/raw/private/pay.csv'],
  ['a list of the whole bucket', '/acme-lake?list-type=2'],
  ['a list from above its prefix', '/acme-lake?list-type=2&prefix=raw/'],
  ['a list of another prefix', '/acme-lake?list-type=2&prefix=raw/private/'],
  ['the versions below its prefix', '/acme-lake?versions&prefix=raw/public/'],
  ['a list of another bucket', '/acme-versions?list-type=2&prefix=raw/public/'],
];

export function claimBug(stage: () => CephStage): void {
  describe('without our own authorisation, on Ceph', () => {
    let program: ProgramWithoutAuthorisation;
    let bridge: AnotherBridge;
    before(async () => {
      program = await withoutAuthorisation();
      const { role, callers } = stage().sandbox.contract;
      for (const key of ['raw/public/orders.csv', 'raw/private/pay.csv']) await stage().put(key, key);
      bridge = await startAnotherBridge(stage(), {
        program,
        roles: `lake: { arn: "${role}" }`,
        buckets: 'acme-lake: { role: lake }, acme-versions: { role: lake }',
        grants: `{ callers: [${callers.scoped}], allow: [get, list], bucket: acme-lake, prefix: raw/public/ },
          { callers: [${callers.reader}], allow: [get, list, versions], bucket: acme-lake },
          { callers: [${callers.reader}], allow: [get, list], bucket: acme-versions }`,
      });
    });
    after(async () => {
      await bridge.stop();
      await program.remove();
    });

    it('what was granted is open', async () => {
      assert.equal((await bridge.get(OPEN, 'scoped')).status, 200);
    });

    for (const [what, path] of BEYOND) {
      it(`Ceph does not open ${what}`, async () => {
        assert.equal((await bridge.get(path, 'reader')).status, 200, 'to who was granted it');
        const reply = await bridge.get(path, 'scoped');
        assert.deepEqual(
          [reply.status, reply.code, reply.headers['x-fedbridge-error']],
          [403, 'AccessDenied', 'upstream_denied'],
        );
      });
    }
  });
}
