// A response that exceeds the egress budget returns its read buffers. Only a few large buffers exist, and buffers that are not
// returned can never be reused.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Fault } from '../../../src/errors/fault.ts';
import type { Sink } from '../../../src/http1/exchange.ts';
import { createCancellation } from '../../../src/runtime/cancellation.ts';
import { countedResponse } from '../../../src/s3/budget/counted-response.ts';
import { egressBudgets } from '../../../src/server/egress-budgets.ts';
import { createLog } from '../../../src/observability/log.ts';

it('response chunks that arrive after the egress budget is used up are freed', () => {
  const log = createLog('error');
  const budgetOf = egressBudgets({ log, onDenied: () => undefined }).apply([
    { callers: [{ kind: 'id', uniqueId: '1' }], bytesPerDay: 10, warnAt: 1 },
  ]);
  const allowance = budgetOf?.({ subject: '1' });
  const reservation = allowance?.hold(10, { isMaximum: true, mayBeEmpty: false });
  assert.ok(allowance !== undefined && reservation?.fix(10) === true);
  let fromS3: Sink | undefined;
  const response = countedResponse(
    {
      status: 200,
      headers: [],
      pipe: (sink) => {
        fromS3 = sink;
      },
      resume: () => undefined,
      abort: () => undefined,
    },
    reservation,
    { allowance, cancellation: createCancellation(), received: { bytes: 0 } },
  );
  let [sent, freed] = [0, 0];
  let failure: unknown;
  response.pipe({
    write: (chunk, free) => {
      sent += chunk.length;
      free?.();
      return true;
    },
    end: () => undefined,
    fail: (error) => {
      failure = error;
    },
  });
  for (let i = 0; i < 3; i += 1) fromS3?.write(Buffer.alloc(6), () => (freed += 1));
  assert.equal(sent, 6);
  assert.ok(failure instanceof Fault && failure.code === 'egress_budget_exceeded');
  assert.equal(freed, 3);
});
