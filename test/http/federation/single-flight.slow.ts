// A caller's concurrent first requests share one STS call. Requests from different callers cause separate STS calls.
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

/** Holds the upstream's responses until every request has arrived, so that all requests are concurrent. */
const holdUntilAllArrived = async (wire: ClockedWire, upstream: string, requests: number): Promise<void> => {
  await until(
    'all requests have arrived',
    async () => (await wire.metric('fedbridge_requests_in_flight')) === requests,
  );
  await wire.setClocks({});
  await wire.fault({ upstream, fault: null });
};

describe('concurrent first requests', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
  });
  after(() => wire.close());

  /** @returns the session names of the STS calls */
  const callsFor = async (accounts: readonly number[], meanwhile = Promise.resolve()): Promise<string[]> => {
    await wire.forgetCalls();
    const headers = accounts.map((n) => asAccount(wire, n));
    const replies = await Promise.all(headers.map((one) => wire.get(READABLE, { headers: one })));
    await meanwhile;
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    return (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName).sort();
  };
  const times = (n: number, account: number): number[] => Array<number>(n).fill(account);

  it('by one caller make one STS call', async () => {
    assert.deepEqual(await callsFor(times(AT_ONCE, 1)), ['job-1@acme-prod']);
    assert.deepEqual(await callsFor(times(AT_ONCE, 1)), [], 'no call once the session is cached');
  });

  it('by two callers make two STS calls', async () => {
    const both = [...times(AT_ONCE / 2, 2), ...times(AT_ONCE / 2, 3)];
    assert.deepEqual(await callsFor(both), ['job-2@acme-prod', 'job-3@acme-prod']);
  });

  it('make one STS call even if STS is slow', async () => {
    await wire.setClocks(PATIENT);
    await wire.fault({ upstream: 'sts', fault: 'hold' });
    const held = holdUntilAllArrived(wire, 'sts', AT_ONCE);
    assert.deepEqual(await callsFor(times(AT_ONCE, 4), held), ['job-4@acme-prod']);
  });

  it('share one STS error', async () => {
    await wire.forgetCalls();
    await wire.setClocks(PATIENT);
    await wire.fault({ upstream: 'sts', fault: 'hold' });
    await wire.control('PUT', '/clock', { offsetSeconds: 7200, upstream: 'sts' });
    const headers = asAccount(wire, 5);
    const held = holdUntilAllArrived(wire, 'sts', AT_ONCE);
    const replies = await Promise.all(times(AT_ONCE, 5).map(() => wire.get(READABLE, { headers })));
    await held;
    await wire.control('PUT', '/clock', { offsetSeconds: 0, upstream: 'sts' });
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([502]));
    assert.equal((await sessionsAtSts(wire)).length, 2, 'the first call, and one with a new token');
    assert.equal((await wire.get(READABLE, { headers })).status, 200, 'the next request calls STS again');
  });
});

describe('concurrent first requests by many callers', () => {
  /**
   * Starts a bridge that gets neither an identity token nor its own name from the metadata server at startup, and therefore
   * requests both again later.
   */
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
      faults: [{ upstream: 'metadata', fault: 'status', status: 404 }],
    });
    await wire.bridge.line(({ fault }) => fault === 'metadata_no_account');
    await wire.setClocks(PATIENT);
    await wire.fault({ upstream: 'metadata', fault: 'hold' });
    await wire.forgetCalls();
    return wire;
  };
  const requestAll = async (wire: ClockedWire): Promise<void> => {
    const held = holdUntilAllArrived(wire, 'metadata', CALLERS);
    const replies = await Promise.all(
      Array.from({ length: CALLERS }, (_, n) => wire.get(READABLE, { headers: asAccount(wire, 10 + n) })),
    );
    await held;
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  };

  it('share one identity token', async (test) => {
    const wire = await startNameless('caller');
    test.after(() => wire.close());
    await requestAll(wire);
    assert.equal(new Set((await sessionsAtSts(wire)).map((call) => call.roleSessionName)).size, CALLERS);
    assert.ok((await identityTokensAsked(wire)) <= 1);
  });

  it("share one lookup of the bridge's name if sessions are named after the bridge", async (test) => {
    const wire = await startNameless('bridge');
    test.after(() => wire.close());
    await requestAll(wire);
    assert.equal((await sessionsAtSts(wire)).length, 1);
    const paths = (await wire.calls('metadata')).map(({ path }) => String(path));
    assert.deepEqual(paths, [...new Set(paths)], 'nothing is requested twice');
  });
});
