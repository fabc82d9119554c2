// A supplier that keeps the bridge waiting, at the start of the bridge and while it serves: callers wait until the limit that the table
// says and no longer, and when the supplier is well again they are served, by the same process.
import { describe, it } from 'node:test';
import { inTurn, playFromTheStart, playWhileItServes, struckAtStart } from './play-fault.ts';
import { startStage } from './stage.ts';
import { SUPPLIER_FAULTS, WAITING } from './supplier-fault.ts';

describe('a supplier that', { concurrency: true }, () => {
  const turn = inTurn();
  for (const fault of WAITING) {
    it(`${SUPPLIER_FAULTS[fault]} from the start on`, async (test) => {
      const stage = await turn(() => struckAtStart(fault));
      test.after(stage.close);
      await playFromTheStart({ fault, stage });
    });

    it(`${SUPPLIER_FAULTS[fault]} while the bridge serves`, async (test) => {
      const stage = await turn(() => startStage({ struck: [] }));
      test.after(stage.close);
      await playWhileItServes({ fault, stage });
    });
  }
});
