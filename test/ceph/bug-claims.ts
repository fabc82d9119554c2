// If a bug made the bridge permit every request, Ceph would still limit each caller to its grants.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { withoutAuthorization } from '../support/without-authorization.ts';
import type { ProgramWithoutAuthorization } from '../support/without-authorization.ts';
import { startAnotherBridge } from './another-bridge.ts';
import type { AnotherBridge } from './another-bridge.ts';
import type { CephStage } from './ceph-stage.ts';

const OPEN = '/acme-lake/raw/public/orders.csv';
/** Existing objects and prefixes that the role may read, but that are outside the caller's grants. */
const BEYOND: readonly (readonly [what: string, path: string])[] = [
  ['reading an object outside its prefix', '/acme-lake/raw/private/pay.csv'],
  ['listing the whole bucket', '/acme-lake?list-type=2'],
  ['listing a prefix above its own', '/acme-lake?list-type=2&prefix=raw/'],
  ['listing another prefix', '/acme-lake?list-type=2&prefix=raw/private/'],
  ['listing the versions below its prefix', '/acme-lake?versions&prefix=raw/public/'],
  ['listing another bucket', '/acme-versions?list-type=2&prefix=raw/public/'],
];

export function claimBug(stage: () => CephStage): void {
  describe('Ceph behind a bridge with authorization disabled', () => {
    let program: ProgramWithoutAuthorization;
    let bridge: AnotherBridge;
    before(async () => {
      program = await withoutAuthorization();
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

    it('still allows reads that are granted', async () => {
      assert.equal((await bridge.get(OPEN, 'scoped')).status, 200);
    });

    for (const [what, path] of BEYOND) {
      it(`denies ${what}`, async () => {
        assert.equal((await bridge.get(path, 'reader')).status, 200, 'for a caller with a grant');
        const reply = await bridge.get(path, 'scoped');
        assert.deepEqual(
          [reply.status, reply.code, reply.headers['x-fedbridge-error']],
          [403, 'AccessDenied', 'upstream_denied'],
        );
      });
    }
  });
}
