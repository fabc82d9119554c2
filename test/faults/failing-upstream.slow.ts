// Each other way in which each supplier can fail, at the start of the bridge and while it serves: what the table says is what callers
// get, at the cost of few requests to the supplier; and when the supplier is well again callers are served, by the same process.
import { describe, it } from 'node:test';
import { inTurn, playFromTheStart, playWhileItServes, struckAtStart } from './play-fault.ts';
import { SUPPLIER_FAULTS, WAITING } from './supplier-fault.ts';
import type { SupplierFault } from './supplier-fault.ts';

const AT_ONCE = (Object.keys(SUPPLIER_FAULTS) as SupplierFault[]).filter((fault) => !WAITING.includes(fault));

describe('a supplier that', { concurrency: 8 }, () => {
  const turn = inTurn();
  for (const fault of AT_ONCE) {
    // What is over soon needs one bridge for both.
    it(`${SUPPLIER_FAULTS[fault]} from the start on, and again while the bridge serves`, async (test) => {
      const stage = await turn(() => struckAtStart(fault));
      test.after(stage.close);
      await playFromTheStart({ fault, stage });
      await playWhileItServes({ fault, stage });
    });
  }
});
