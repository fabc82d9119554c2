// If an upstream does not respond, callers wait no longer than the documented limit. After the upstream recovers, the same
// process serves the callers again.
import { describe, it } from 'node:test';
import { inTurn, playFromTheStart, playWhileItServes, struckAtStart } from './play-fault.ts';
import { startStage } from './stage.ts';
import { UPSTREAM_FAULTS, WAITING } from './upstream-faults.ts';

describe('callers of the bridge', { concurrency: true }, () => {
  const turn = inTurn();
  for (const fault of WAITING) {
    it(`wait no longer than documented if an upstream fails when the bridge starts (fault: ${UPSTREAM_FAULTS[fault]})`, async (test) => {
      const stage = await turn(() => struckAtStart(fault));
      test.after(stage.close);
      await playFromTheStart({ fault, stage });
    });

    it(`wait no longer than documented if an upstream fails while the bridge is running (fault: ${UPSTREAM_FAULTS[fault]})`, async (test) => {
      const stage = await turn(() => startStage({ struck: [] }));
      test.after(stage.close);
      await playWhileItServes({ fault, stage });
    });
  }
});
