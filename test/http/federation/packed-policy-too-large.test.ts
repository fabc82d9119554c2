// STS limits a session policy's packed size, which cannot be computed from the policy's length. Reads must succeed even if Deny
// statements make the policy too large.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';

const effectsOf = (policy: string): readonly string[] => [
  ...new Set(
    (JSON.parse(policy) as { Statement: readonly { Effect: string }[] }).Statement.map((one) => one.Effect),
  ),
];

describe('a session policy that STS reports as too large when packed', () => {
  it('is sent again without its Deny statements, and still allows only what was granted', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    await wire.forgetCalls();
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'PackedPolicyTooLarge', times: 1 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    const calls = await sessionsAtSts(wire);
    assert.deepEqual(
      calls.map(({ status, policy }) => [status, effectsOf(policy)]),
      [
        [400, ['Allow', 'Deny']],
        [200, ['Allow']],
      ],
    );
  });
});
