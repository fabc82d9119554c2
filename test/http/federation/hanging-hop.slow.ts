// If STS does not respond when the bridge assumes a later role in a chain, the waiting caller gets an error within the
// deadline. Other callers are still served.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import { chained, LAKE_DATA, TO_LAKE_DATA } from '../../support/chain.ts';
import { asTimelessAccount, PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { failing, startStsStandIn } from '../../support/sts-stand-in.ts';
import type { StsStandIn } from '../../support/sts-stand-in.ts';
import { inTime, until } from '../../support/until.ts';

/** Seconds since the one-hour credentials were issued. The bridge renews the credentials in their last five to six minutes. */
const DUE_SECONDS = 3400;

describe('a hanging STS call for a later role in a chain', () => {
  let wire: ClockedWire;
  let sts: StsStandIn;
  const get = (n: number): ReturnType<ClockedWire['get']> =>
    wire.get(READABLE, { headers: asTimelessAccount(wire, n) });
  const nameOf = (n: number): string => `job-${n}@acme-prod`;
  const hang = (n: number): void => {
    sts.respondWith(failing('hang', { action: 'AssumeRole', sessionName: nameOf(n) }));
  };
  const hopsOf = (n: number): number =>
    sts.forms.filter(
      (form) => form.get('Action') === 'AssumeRole' && form.get('RoleSessionName') === nameOf(n),
    ).length;
  before(async () => {
    wire = await startClockedWire({
      config: chained([TO_LAKE_DATA]),
      environment: async (contract) => {
        sts = await startStsStandIn(contract.sts);
        return { AWS_ENDPOINT_URL_STS: sts.origin };
      },
    });
    assert.equal((await get(0)).status, 200);
  });
  after(async () => {
    // Closing the STS proxy also ends the requests that are still waiting.
    sts.close();
    await wire.close();
  });

  it('does not delay other callers', async () => {
    await wire.setClocks(PATIENT);
    let responded = false;
    hang(1);
    const waiting = get(1).finally(() => (responded = true));
    waiting.catch(() => undefined);
    await until('STS has received the hop', () => hopsOf(1) > 0);
    assert.deepEqual([(await get(0)).status, (await get(2)).status], [200, 200]);
    assert.ok(!responded, 'both were served while the first caller waited');
    await wire.setClocks({});
  });

  it('causes a 503 for the waiting caller within the deadline', async () => {
    hang(3);
    const reply = await inTime('the response arrives', get(3));
    assert.deepEqual([reply.status, reply.code], [503, 'ServiceUnavailable']);
    assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.deepEqual([line['fault'], line['remedy']], ['sts_timeout', FAULTS.sts_timeout.fix]);
    const cause = line['cause'] as Record<string, unknown>;
    assert.deepEqual([cause['hop'], cause['roleArn']], [1, LAKE_DATA]);
  });

  it('no longer affects the caller once STS responds again', async () => {
    sts.respondWith(undefined);
    await until('the caller is served', async () => (await get(3)).status === 200);
  });

  it('does not delay requests during a renewal', async () => {
    hang(3);
    await wire.passed(DUE_SECONDS, PATIENT);
    const before = hopsOf(3);
    for (let i = 0; i < 5; i += 1) assert.equal((await get(3)).status, 200);
    await until('the renewal is under way', () => hopsOf(3) > before);
    assert.equal((await get(3)).status, 200);
  });
});
