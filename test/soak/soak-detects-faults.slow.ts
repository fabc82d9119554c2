// A soak detects a changed byte, a leak, an unexplained error, and a truncated body that looks complete.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Exchange } from './exchange.ts';
import { explainer } from './explain.ts';
import { createStock } from './objects.ts';
import { createSchedule, traceparentOf } from './plan.ts';
import type { Plan } from './plan.ts';
import { leaksOf, textOf } from './report.ts';
import { soak } from './run.ts';
import { createTally } from './tally.ts';

it('the soak test detects changed bytes in a response from S3', async () => {
  const report = await soak({ seed: 21, seconds: 3, lies: true });
  const wrong = report.findings.filter(({ found }) => found.startsWith('a wrong byte'));
  assert.ok(wrong.length > 0, textOf(report));
  // S3 changed only one byte, so the soak must report no other problem.
  const others = report.findings.filter(({ found }) => !found.startsWith('a wrong byte'));
  assert.deepEqual(others, [], textOf(report));
});

const planOf = createSchedule(1, createStock());

function planLike(isWanted: (plan: Plan) => boolean): Plan {
  for (let n = 0; n < 10_000; n += 1) {
    const plan = planOf(0, n);
    if (isWanted(plan)) return plan;
  }
  throw new Error('no such plan');
}

const whole = planLike(({ kind, expected }) => kind === 'whole' && (expected.body?.length ?? 0) > 100);
const sound: Exchange = {
  status: 200,
  requestId: 'r1',
  error: undefined,
  bytes: 1,
  complete: true,
  left: false,
  wrong: undefined,
  begun: 1,
  ended: 2,
};
const failed: Exchange = { ...sound, status: 503, error: 'upstream_failed' };

const line = (more: Readonly<Record<string, unknown>>) => ({
  severity: 'ERROR',
  requestId: 'r1',
  trace: traceparentOf(whole).split('-')[1],
  ...more,
});

/** @param struck the faults that S3 injected into the request */
function findingsOf(
  exchange: Exchange,
  lines: readonly ReturnType<typeof line>[],
  struck: 'cut'[] = [],
): number {
  const tally = createTally();
  tally.request(whole, exchange);
  for (const one of lines) tally.line(one);
  const strikes = new Map(struck.length > 0 ? [['r1', struck] as const] : []);
  return tally.sum(explainer({ struck: strikes, told: tally.told, held: [] }), () => false).findings.length;
}

describe('a response in the soak test', () => {
  it('is not reported as a finding if it is as expected', () => {
    assert.equal(findingsOf(sound, []), 0);
  });

  it('is reported as a finding if it is unexpected and no injected fault explains it in the log', () => {
    assert.equal(findingsOf(failed, []), 1);
    const unexplained = line({ severity: 'WARNING', fault: 's3_unreachable' });
    assert.equal(findingsOf(failed, [unexplained]), 1);
    assert.equal(findingsOf(failed, [unexplained], ['cut']), 0);
    // An S3 fault does not explain an STS error.
    assert.equal(findingsOf(failed, [line({ severity: 'WARNING', fault: 'sts_failed' })], ['cut']), 1);
  });

  it('is reported as a finding if it is truncated, unless S3 truncated it', () => {
    const cut = { ...sound, complete: false };
    assert.equal(findingsOf(cut, [line({ severity: 'INFO', abortedBy: 'bridge' })], ['cut']), 1);
    assert.equal(findingsOf(cut, [line({ severity: 'INFO', abortedBy: 's3' })], ['cut']), 0);
  });
});

describe('a log line in the soak test', () => {
  it('is reported as a finding if its severity is ERROR, unless an injected fault explains it', () => {
    assert.equal(findingsOf(sound, [line({ fault: 'internal' })], ['cut']), 1);
    assert.equal(findingsOf(sound, [line({ fault: 's3_timeout' })], ['cut']), 0);
    assert.equal(findingsOf(sound, [line({ severity: 'CRITICAL', fault: 's3_timeout' })], ['cut']), 1);
  });
});

describe('a retained resource in the soak test', () => {
  const idle = { resident: 1e8, heapUsed: 3e7, external: 8e6, fileDescriptors: 24, inFlight: 0 };

  it('is reported as a leak if its size or count is higher after the run than before', () => {
    const before = { ...idle, resources: { TCPSocketWrap: 1 } };
    assert.deepEqual(leaksOf(before, before), []);
    for (const more of [
      { resident: 2e8 },
      { heapUsed: 4e7 },
      { external: 2e7 },
      { fileDescriptors: 40 },
      { inFlight: 1 },
      { heapUsed: Number.NaN },
      { resources: { TCPSocketWrap: 1, Timeout: 9 } },
    ])
      assert.equal(leaksOf(before, { ...before, ...more }).length, 1, JSON.stringify(more));
  });
});
