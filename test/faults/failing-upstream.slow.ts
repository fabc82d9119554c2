// If an upstream fails before or after the bridge starts, callers get the documented response, and the upstream gets few
// requests. After the upstream recovers, the same process serves the callers again.
import { describe, it } from 'node:test';
import { inTurn, playFromTheStart, playWhileItServes, struckAtStart } from './play-fault.ts';
import { UPSTREAM_FAULTS, WAITING } from './upstream-faults.ts';
import type { UpstreamFault } from './upstream-faults.ts';

const AT_ONCE = (Object.keys(UPSTREAM_FAULTS) as UpstreamFault[]).filter((fault) => !WAITING.includes(fault));

describe('callers get the documented response', { concurrency: 8 }, () => {
  const turn = inTurn();
  for (const fault of AT_ONCE) {
    // These faults take so little time that one bridge can be tested in both cases: at startup and while it serves.
    it(`if an upstream fails at startup and again while the bridge serves (fault: ${UPSTREAM_FAULTS[fault]})`, async (test) => {
      const stage = await turn(() => struckAtStart(fault));
      test.after(stage.close);
      await playFromTheStart({ fault, stage });
      await playWhileItServes({ fault, stage });
    });
  }
});
