// Requests whose tokens name unknown keys wait for a refetch of Google's keys, but do not use up other callers' slots.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { request } from '../../support/http-request.ts';
import type { Reply } from '../../support/http-request.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { asAccount, openToProject, READABLE } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';

const IN_FLIGHT = 150;
const REQUESTS = 250;
/** The number of distinct tokens; each is sent with several requests. */
const TOKENS = 50;
const WHOAMI = '/-/whoami';

for (const path of [READABLE, WHOAMI]) {
  describe(`${REQUESTS} requests for ${path} with unknown key IDs while Google's key endpoint hangs`, () => {
    let wire: MeasuredWire;
    let strangers: Promise<readonly Reply[]>;
    let answered = 0;
    const read = (n: number, what: string): Promise<Reply> =>
      request(wire.bridge.url, what, { headers: asAccount(wire, n) });
    before(async () => {
      wire = await startMeasuredWire({ config: openToProject(`limits: { inFlight: ${IN_FLIGHT} }`) });
      assert.equal((await read(1, READABLE)).status, 200);
      await wire.fault({ upstream: 'certs', fault: 'hang' });
      const tokens = Array.from({ length: TOKENS }, (_, i) =>
        wire.sandbox.mint(googleClaims(wire, 'reader'), { kid: `unknown-${i}` }),
      );
      strangers = Promise.all(
        Array.from({ length: REQUESTS }, async (_, i) => {
          const headers = asBearer(tokens[i % TOKENS] ?? '');
          const reply = await request(wire.bridge.url, path, { headers });
          answered += 1;
          return reply;
        }),
      );
      await until(
        'the requests above the in-flight limit are answered',
        () => answered >= REQUESTS - IN_FLIGHT,
      );
    });
    after(() => wire.close());

    it('do not block callers with a cached token', async () => {
      for (const what of [READABLE, WHOAMI]) assert.equal((await read(1, what)).status, 200);
    });

    it('do not block callers with a new token signed with a known key', async () => {
      for (const what of [READABLE, WHOAMI]) assert.equal((await read(2, what)).status, 200);
    });

    it('get 503, because any of the key IDs might be valid', async () => {
      assert.deepEqual(new Set((await strangers).map(({ status }) => status)), new Set([503]));
    });
  });
}
