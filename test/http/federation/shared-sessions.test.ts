// With `session: bridge`, callers with the same grants share one session, unless a later role in the chain identifies each
// caller.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chained, hopsAtSts, READER_ID, TO_LAKE_DATA } from '../../support/chain.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { asAccount, READABLE } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const ACCOUNTS = [1, 2, 3];

/** Sends two requests from each account. @returns the resulting `AssumeRole` calls */
async function hopsForAccounts(wire: Wire): Promise<Awaited<ReturnType<typeof hopsAtSts>>> {
  await wire.forgetCalls();
  for (const n of [...ACCOUNTS, ...ACCOUNTS])
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, n) })).status, 200);
  return (await hopsAtSts(wire)).filter(({ action }) => action === 'AssumeRole');
}

describe('a role whose sessions are named after the bridge', () => {
  it('has one session for all callers if no hop identifies them', async (test) => {
    const hop = `${TO_LAKE_DATA}, tags: { team: data }, transitiveTags: [team]`;
    const wire = await startWire({ config: chained([hop], { session: 'bridge' }) });
    test.after(() => wire.close());
    const [only, ...more] = await hopsForAccounts(wire);
    assert.deepEqual([only?.roleSessionName, more.length], ['acme-prod.fedbridge-sandbox', 0]);
  });

  for (const [what, hop, namesOf] of [
    [
      'with the caller as the source identity of a hop',
      'sourceIdentity: caller',
      ({ sourceIdentity }: { readonly sourceIdentity?: string }) => sourceIdentity,
    ],
    [
      'with the caller as a tag of a hop',
      'callerTags: true',
      ({ tags }: { readonly tags: Readonly<Record<string, string>> }) => tags['caller-email']?.split('.')[0],
    ],
  ] as const) {
    it(`${what} has a separate session for each caller`, async (test) => {
      const wire = await startWire({
        config: chained([`${TO_LAKE_DATA}, ${hop}`], { session: 'bridge' }),
      });
      test.after(() => wire.close());
      const calls = await hopsForAccounts(wire);
      assert.deepEqual(
        calls.map(namesOf),
        ACCOUNTS.map((n) => `job-${n}@acme-prod`),
      );
      for (const { roleSessionName } of calls) assert.equal(roleSessionName, 'acme-prod.fedbridge-sandbox');
    });
  }
});

describe('two accounts with the same email', () => {
  it('have separate sessions if a hop identifies callers by ID, because a re-created account has a new ID', async (test) => {
    const wire = await startWire({ config: chained([`${TO_LAKE_DATA}, callerTags: true`]) });
    test.after(() => wire.close());
    await wire.forgetCalls();
    const others = '112010400000000710099';
    for (const sub of [READER_ID, others]) {
      const token = wire.sandbox.mint(googleClaims(wire, 'reader', { sub, azp: sub }));
      assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
    }
    const calls = (await hopsAtSts(wire)).filter(({ action }) => action === 'AssumeRole');
    assert.deepEqual(
      calls.map(({ tags }) => tags['caller-id']),
      [READER_ID, others],
    );
  });
});
