// An hour after an issuer other than Google withdraws a key, the bridge rejects every token signed with the key, starting with
// the first one. Google's tokens do not wait for the refresh.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire, timeless } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { clusterToken } from '../../support/issuers.ts';
import { assertRefused } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';

const AS_SCOPED = '/acme-lake/raw/public/orders.csv';
const OVER_AN_HOUR_MS = 3_601_000;

describe('tokens signed with a key that their issuer withdrew an hour ago', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire();
  });
  after(() => wire.close());

  it('are rejected, including the first one', async () => {
    const [cached, unseen] = await Promise.all(
      ['cached', 'unseen'].map((jti) =>
        clusterToken(wire, 'analytics/etl', { claims: { ...timeless(), jti } }),
      ),
    );
    assert.ok(cached !== undefined && unseen !== undefined);
    assert.equal((await wire.get(AS_SCOPED, { headers: asBearer(cached) })).status, 200);
    await wire.control('POST', '/keys', { action: 'replace', upstream: 'issuer' });
    await wire.passed(0, { wallAheadMs: OVER_AN_HOUR_MS, steadyAheadMs: OVER_AN_HOUR_MS });
    await assertRefused(wire, unseen, { fault: 'token_key_unknown', says: /does not publish/ });
    await assertRefused(wire, cached, { fault: 'token_key_unknown', says: /does not publish/ });
  });
});
