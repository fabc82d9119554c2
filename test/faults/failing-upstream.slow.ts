// If an upstream fails before or after the bridge starts, callers get the documented response, and the upstream gets few
// requests. After the upstream recovers, the same process serves the callers again.
import { describe, it } from 'node:test';
import { inTurn, playFromTheStart, playWhileItServes, struckAtStart } from './play-fault.ts';
import { UPSTREAM_FAULTS, WAITING } from './upstream-faults.ts';
import type { UpstreamFault } from './upstream-faults.ts';

const AT_ONCE = (Object.keys(UPSTREAM_FAULTS) as UpstreamFault[]).filter((fault) => !WAITING.includes(fault));

describe('the bridge', { concurrency: 8 }, () => {
  const turn = inTurn();
  for (const fault of AT_ONCE) {
    // These faults are fast enough to test both cases with one bridge.
    it(`responds as documented if an upstream fails at startup, and if it fails later (fault: ${UPSTREAM_FAULTS[fault]})`, async (test) => {
      const stage = await turn(() => struckAtStart(fault));
      test.after(stage.close);
      await playFromTheStart({ fault, stage });
      await playWhileItServes({ fault, stage });
    });
  }
});
