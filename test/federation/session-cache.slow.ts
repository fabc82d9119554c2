// The cache holds at most ten thousand sessions, and evicts the least recently used session.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Attribution } from '../../src/federation/session-name.ts';
import type { RoleCredentials } from '../../src/federation/credentials.ts';
import { createSessions } from '../../src/federation/session-cache.ts';
import type { Sessions } from '../../src/federation/session-cache.ts';
import { ROLE } from '../support/bucket.ts';

const MOST = 10_000;
const HOUR_MS = 3_600_000;
/** The tokens are as long as STS's session tokens, and each one is a separate string. */
const TOKEN_BYTES = 900;

const fresh = (): RoleCredentials => ({
  accessKeyId: randomBytes(10).toString('hex'),
  secretAccessKey: randomBytes(20).toString('hex'),
  sessionToken: randomBytes(TOKEN_BYTES).toString('base64'),
  assumedRoleArn: ROLE.arn,
  expiration: new Date(Date.now() + HOUR_MS),
  lifeMs: HOUR_MS,
  remainingMs: () => HOUR_MS,
});

interface Held extends Sessions {
  /** The session names for which credentials were obtained, in order. */
  readonly obtained: string[];
  /** Requests credentials for the nth caller, and resolves when the caller has the credentials. */
  ask(n: number, more?: { readonly caller?: Attribution['caller']; readonly policy?: string }): Promise<void>;
}

function held(): Held {
  const obtained: string[] = [];
  const sessions = createSessions(
    (_role, { sessionName }) => {
      obtained.push(sessionName);
      return Promise.resolve(fresh());
    },
    () => undefined,
  );
  return {
    ...sessions,
    obtained,
    ask: async (n, { caller, policy = `{"prefix":"of/${n}/"}` } = {}) => {
      const attribution = { sessionName: `job-${n}@acme-prod`, ...(caller === undefined ? {} : { caller }) };
      await sessions.of(ROLE, attribution, policy).credentials();
    },
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('the session cache', () => {
  // This test runs first: otherwise, memory from earlier tests could be freed between its two measurements.
  it('uses no more memory after forty thousand callers than after ten thousand', async () => {
    const { ask, remainingSeconds } = held();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const empty = used();
    for (const n of range(0, MOST)) await ask(n);
    const full = used();
    const each = (full - empty) / MOST;
    assert.ok(each < 5_000, `${Math.round(each)} bytes each`);
    for (const n of range(MOST, 4 * MOST)) await ask(n);
    const grown = used() - full;
    assert.ok(grown < (full - empty) / 4, `${grown} more bytes`);
    assert.equal(remainingSeconds().get(ROLE.name), HOUR_MS / 1000);
  });

  it('keeps the sessions of ten thousand callers', async () => {
    const { ask, obtained } = held();
    for (const n of range(0, MOST)) await ask(n);
    for (const n of range(0, MOST)) await ask(n);
    assert.equal(obtained.length, MOST);
  });

  it('evicts only the least recently used session when one more caller arrives', async () => {
    const { ask, obtained } = held();
    for (const n of range(0, MOST)) await ask(n);
    await ask(0);
    await ask(MOST);
    obtained.length = 0;
    for (const n of [0, 2, MOST]) await ask(n);
    assert.deepEqual(obtained, []);
    await ask(1);
    assert.deepEqual(obtained, ['job-1@acme-prod']);
  });
});

describe('a cached session', () => {
  it('is used only for one combination of role, caller and policy', async () => {
    const { ask, obtained } = held();
    const caller = { subject: '112010400000000710080', email: 'reader@acme-prod.iam.gserviceaccount.com' };
    const others = [
      {},
      { policy: '{"other":true}' },
      { caller },
      { caller: { subject: caller.subject } },
      { caller: { subject: '112010400000000710081', email: caller.email } },
      { caller, policy: '{"other":true}' },
      // If the cache joined the fields without escaping them, some callers in this list would have the same cache keys as
      // others.
      { caller: { subject: `${caller.subject}","${caller.email}` } },
      { caller: { subject: '' } },
    ];
    for (const more of [...others, ...others]) await ask(1, more);
    assert.equal(obtained.length, others.length);
  });
});
