// Where STS does not answer a further hop, the caller who needs it is told within the deadline, and all others are served meanwhile.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../src/errors.ts';
import { chained, LAKE_DATA, TO_LAKE_DATA } from './chain.ts';
import { asTimelessAccount, startClockedWire } from './faked-clock.ts';
import type { ClockedWire } from './faked-clock.ts';
import { READABLE } from './sessions-at-sts.ts';
import { startStsInFront } from './sts-in-front.ts';
import type { StsInFront } from './sts-in-front.ts';
import { until } from './until.ts';

const HUNG = 'job-1@acme-prod';
/** Six seconds are the bridge's own limit for each hop; the rest is for a machine that is busy. */
const DEADLINE_MS = 15_000;
/** Of an hour; renewal is due in its last five to six minutes. */
const DUE_SECONDS = 3400;

describe('while a further hop hangs', () => {
  let wire: ClockedWire;
  let sts: StsInFront;
  const get = (n: number): ReturnType<ClockedWire['get']> =>
    wire.get(READABLE, { headers: asTimelessAccount(wire, n) });
  const hops = (): number =>
    sts.forms.filter((form) => form.get('Action') === 'AssumeRole' && form.get('RoleSessionName') === HUNG)
      .length;
  before(async () => {
    wire = await startClockedWire({
      config: chained([TO_LAKE_DATA]),
      environment: async (contract) => {
        sts = await startStsInFront(contract.sts);
        return { AWS_ENDPOINT_URL_STS: sts.origin };
      },
    });
    assert.equal((await get(0)).status, 200);
    sts.strike({ action: 'AssumeRole', sessionName: HUNG, how: 'hang' });
  });
  after(async () => {
    await wire.close();
    sts.close();
  });

  it('for one caller, that one gets 503 in time, and the others are served before', async () => {
    const begun = Date.now();
    let answered = false;
    const waiting = get(1).finally(() => (answered = true));
    await until('the hop is asked for', () => hops() > 0);
    assert.deepEqual([(await get(0)).status, (await get(2)).status], [200, 200]);
    assert.ok(!answered, 'both came in between');
    const reply = await waiting;
    const took = Date.now() - begun;
    assert.ok(took < DEADLINE_MS, `took ${took} ms`);
    assert.deepEqual([reply.status, reply.code], [503, 'ServiceUnavailable']);
    assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.deepEqual([line['fault'], line['remedy']], ['sts_timeout', FAULTS.sts_timeout.remedy]);
    const cause = line['cause'] as Record<string, unknown>;
    assert.deepEqual([cause['hop'], cause['roleArn']], [1, LAKE_DATA]);
  });

  it('and no more, that caller is served', async () => {
    sts.strike(undefined);
    await until('served', async () => (await get(1)).status === 200);
  });

  it('for a renewal, nobody notices', async () => {
    sts.strike({ action: 'AssumeRole', sessionName: HUNG, how: 'hang' });
    await wire.passed(DUE_SECONDS);
    const before = hops();
    for (let i = 0; i < 5; i += 1) assert.equal((await get(1)).status, 200);
    await until('the renewal is under way', () => hops() > before);
    assert.equal((await get(1)).status, 200);
  });
});
