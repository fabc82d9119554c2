// STS packs a session policy and limits the packed size, which its length does not show: Deny statements must not cost a read.
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
  it('is sent again without its Deny statements, and still allows what was granted only', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    await wire.forgetCalls();
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'PackedPolicyTooLarge', times: 1 });
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
