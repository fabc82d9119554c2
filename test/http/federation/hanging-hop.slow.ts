// Where STS does not answer a further hop, the caller who needs it is told within the deadline, and all others are served meanwhile.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import { chained, LAKE_DATA, TO_LAKE_DATA } from '../../support/chain.ts';
import { asTimelessAccount, PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { startStsInFront } from '../../support/sts-in-front.ts';
import type { StsInFront } from '../../support/sts-in-front.ts';
import { inTime, until } from '../../support/until.ts';

/** Of an hour; renewal is due in its last five to six minutes. */
const DUE_SECONDS = 3400;

describe('while a further hop hangs', () => {
  let wire: ClockedWire;
  let sts: StsInFront;
  const get = (n: number): ReturnType<ClockedWire['get']> =>
    wire.get(READABLE, { headers: asTimelessAccount(wire, n) });
  const nameOf = (n: number): string => `job-${n}@acme-prod`;
  const hang = (n: number): void => {
    sts.strike({ action: 'AssumeRole', sessionName: nameOf(n), how: 'hang' });
  };
  const hopsOf = (n: number): number =>
    sts.forms.filter(
      (form) => form.get('Action') === 'AssumeRole' && form.get('RoleSessionName') === nameOf(n),
    ).length;
  before(async () => {
    wire = await startClockedWire({
      config: chained([TO_LAKE_DATA]),
      environment: async (contract) => {
        sts = await startStsInFront(contract.sts);
        return { AWS_ENDPOINT_URL_STS: sts.origin };
      },
    });
    assert.equal((await get(0)).status, 200);
  });
  after(async () => {
    // What still hangs ends with it.
    sts.close();
    await wire.close();
  });

  it('for one caller, the others are served before that one has its answer', async () => {
    await wire.setClocks(PATIENT);
    let answered = false;
    hang(1);
    const waiting = get(1).finally(() => (answered = true));
    waiting.catch(() => undefined);
    await until('the hop is asked for', () => hopsOf(1) > 0);
    assert.deepEqual([(await get(0)).status, (await get(2)).status], [200, 200]);
    assert.ok(!answered, 'both came in between');
    await wire.setClocks({});
  });

  it('for one caller, that one gets 503 in time', async () => {
    hang(3);
    const reply = await inTime('the answer comes', get(3));
    assert.deepEqual([reply.status, reply.code], [503, 'ServiceUnavailable']);
    assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.deepEqual([line['fault'], line['remedy']], ['sts_timeout', FAULTS.sts_timeout.fix]);
    const cause = line['cause'] as Record<string, unknown>;
    assert.deepEqual([cause['hop'], cause['roleArn']], [1, LAKE_DATA]);
  });

  it('and no more, that caller is served', async () => {
    sts.strike(undefined);
    await until('served', async () => (await get(3)).status === 200);
  });

  it('for a renewal, nobody notices', async () => {
    hang(3);
    await wire.passed(DUE_SECONDS, PATIENT);
    const before = hopsOf(3);
    for (let i = 0; i < 5; i += 1) assert.equal((await get(3)).status, 200);
    await until('the renewal is under way', () => hopsOf(3) > before);
    assert.equal((await get(3)).status, 200);
  });
});
