// However many requests of a caller come first and at once, STS is asked once for it; another caller is another call.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import {
  asAccount,
  identityTokensAsked,
  openToProject,
  READABLE,
  sessionsAtSts,
} from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

const AT_ONCE = 50;
const CALLERS = 20;

/** Requests come together if none is answered before all have come. */
const heldUntilAllHaveCome = async (wire: ClockedWire, supplier: string, requests: number): Promise<void> => {
  await until('all have come', async () => (await wire.metric('fedbridge_requests_in_flight')) === requests);
  await wire.setClocks({});
  await wire.fault({ supplier, fault: null });
};

describe('first requests that come at once', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
  });
  after(() => wire.close());

  /** @returns whom STS was asked for */
  const ask = async (accounts: readonly number[], meanwhile = Promise.resolve()): Promise<string[]> => {
    await wire.forgetCalls();
    const headers = accounts.map((n) => asAccount(wire, n));
    const replies = await Promise.all(headers.map((one) => wire.get(READABLE, { headers: one })));
    await meanwhile;
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    return (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName).sort();
  };
  const times = (n: number, account: number): number[] => Array<number>(n).fill(account);

  it('of one caller are one call', async () => {
    assert.deepEqual(await ask(times(AT_ONCE, 1)), ['job-1@acme-prod']);
    assert.deepEqual(await ask(times(AT_ONCE, 1)), [], 'and none once it is there');
  });

  it('of two callers are two calls', async () => {
    const both = [...times(AT_ONCE / 2, 2), ...times(AT_ONCE / 2, 3)];
    assert.deepEqual(await ask(both), ['job-2@acme-prod', 'job-3@acme-prod']);
  });

  it('are one call while STS takes its time', async () => {
    await wire.setClocks(PATIENT);
    await wire.fault({ supplier: 'sts', fault: 'hold' });
    const held = heldUntilAllHaveCome(wire, 'sts', AT_ONCE);
    assert.deepEqual(await ask(times(AT_ONCE, 4), held), ['job-4@acme-prod']);
  });

  it('share one refusal', async () => {
    await wire.forgetCalls();
    await wire.setClocks(PATIENT);
    await wire.fault({ supplier: 'sts', fault: 'hold' });
    await wire.control('PUT', '/clock', { offsetSeconds: 7200, supplier: 'sts' });
    const headers = asAccount(wire, 5);
    const held = heldUntilAllHaveCome(wire, 'sts', AT_ONCE);
    const replies = await Promise.all(times(AT_ONCE, 5).map(() => wire.get(READABLE, { headers })));
    await held;
    await wire.control('PUT', '/clock', { offsetSeconds: 0, supplier: 'sts' });
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([502]));
    assert.equal((await sessionsAtSts(wire)).length, 2, 'the first, and one with a token fetched anew');
    assert.equal((await wire.get(READABLE, { headers })).status, 200, 'and the next request asks again');
  });
});

describe('first requests of many callers at once', () => {
  /** A bridge without an identity token or a name, as the metadata server knew neither; it tries again in a second. */
  const startNameless = async (session: 'caller' | 'bridge'): Promise<ClockedWire> => {
    const wire = await startClockedWire({
      config: ({ audience, role }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}", session: ${session} } }
buckets: { acme-lake: { role: lake } }
grants: [{ callers: ["project:acme-prod"], allow: [get], bucket: acme-lake }]
`,
      ready: false,
      faults: [{ supplier: 'metadata', fault: 'status', status: 404 }],
    });
    await wire.bridge.line(({ fault }) => fault === 'metadata_no_account');
    await wire.setClocks(PATIENT);
    await wire.fault({ supplier: 'metadata', fault: 'hold' });
    await wire.forgetCalls();
    return wire;
  };
  const askAll = async (wire: ClockedWire): Promise<void> => {
    const held = heldUntilAllHaveCome(wire, 'metadata', CALLERS);
    const replies = await Promise.all(
      Array.from({ length: CALLERS }, (_, n) => wire.get(READABLE, { headers: asAccount(wire, 10 + n) })),
    );
    await held;
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  };

  it('share one identity token', async (test) => {
    const wire = await startNameless('caller');
    test.after(() => wire.close());
    await askAll(wire);
    assert.equal(new Set((await sessionsAtSts(wire)).map((call) => call.roleSessionName)).size, CALLERS);
    assert.ok((await identityTokensAsked(wire)) <= 1);
  });

  it("share the bridge's name, where sessions have that", async (test) => {
    const wire = await startNameless('bridge');
    test.after(() => wire.close());
    await askAll(wire);
    assert.equal((await sessionsAtSts(wire)).length, 1);
    const asked = (await wire.calls('metadata')).map(({ path }) => String(path));
    assert.deepEqual(asked, [...new Set(asked)], 'nothing is asked twice');
  });
});
