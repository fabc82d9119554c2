// A caller's token is renewed before it expires and replaced if the bridge rejects it. The token source gets one request at a
// time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { renewingToken } from '../../src/caller/caller-token.ts';
import { Fault } from '../../src/errors/fault.ts';
import type { IdentityToken } from '../../src/identity/identity-token.ts';
import { startStandIn } from '../support/stand-in.ts';
import { startLocalProxy, unverifiedToken } from './local-proxy.ts';

/** @returns a source of these tokens; a fault is thrown, and the last element is repeated */
function sourceOf(...results: readonly (IdentityToken | Fault)[]) {
  let calls = 0;
  const fetchToken = (): Promise<IdentityToken> => {
    const result = results[Math.min(calls, results.length - 1)];
    calls += 1;
    if (result instanceof Fault) return Promise.reject(result);
    assert.ok(result !== undefined);
    return Promise.resolve(result);
  };
  return { fetchToken, calls: () => calls };
}

const down = new Fault('metadata_unreachable');
const nothing = (): void => undefined;

describe("a caller's token", () => {
  it('is fetched only once for concurrent and later requests', async () => {
    const token = unverifiedToken('a');
    const { fetchToken, calls } = sourceOf(token);
    const renewing = renewingToken(fetchToken, nothing);
    assert.deepEqual(await Promise.all([renewing.get(), renewing.get()]), [token.jwt, token.jwt]);
    assert.equal(await renewing.get(), token.jwt);
    assert.equal(calls(), 1);
  });

  it('is renewed before it is returned if it has expired, and an error from the token source is thrown', async () => {
    const [old, fresh] = [unverifiedToken('a', 5), unverifiedToken('b')];
    const { fetchToken } = sourceOf(old, down, fresh);
    const renewing = renewingToken(fetchToken, nothing);
    assert.equal(await renewing.get(), old.jwt);
    await assert.rejects(renewing.get(), { code: 'metadata_unreachable' });
    assert.equal(await renewing.get(), fresh.jwt);
  });

  it('is used until it expires if the token source fails, and the source is not called for every request', async (test) => {
    const [old, fresh] = [unverifiedToken('a', 200), unverifiedToken('b')];
    const { fetchToken, calls } = sourceOf(old, down, fresh);
    const seen: (Fault | undefined)[] = [];
    const renewing = renewingToken(fetchToken, (fault) => seen.push(fault));
    assert.equal(await renewing.get(), old.jwt);
    assert.equal(await renewing.get(), old.jwt);
    assert.equal(calls(), 1, 'a source that has just been called is not called again');
    const now = Date.now();
    let passed = 16_000;
    test.mock.method(Date, 'now', () => now + passed);
    assert.equal(await renewing.get(), old.jwt);
    await turn();
    assert.equal(await renewing.get(), old.jwt);
    assert.deepEqual([calls(), seen.at(-1)?.code], [2, 'metadata_unreachable']);
    passed = 32_000;
    assert.equal(await renewing.get(), old.jwt, 'the renewal runs in the background');
    await turn();
    assert.equal(await renewing.get(), fresh.jwt);
    assert.deepEqual([calls(), seen.at(-1)], [3, undefined]);
  });
});

describe('a token that the bridge rejects', () => {
  const startBoth = async (accepted: IdentityToken, fetchToken: () => Promise<IdentityToken>) => {
    const bridge = await startStandIn((request, response) => {
      const isAccepted = request.headers.authorization === `Bearer ${accepted.jwt}`;
      response.writeHead(isAccepted ? 200 : 401).end();
    });
    const proxy = await startLocalProxy({ upstream: bridge.origin, fetchToken });
    return { bridge, proxy };
  };

  it('is replaced, and the request is sent again if it has no body', async (test) => {
    const [old, fresh] = [unverifiedToken('a'), unverifiedToken('b')];
    const { fetchToken } = sourceOf(old, fresh);
    const { bridge, proxy } = await startBoth(fresh, fetchToken);
    const now = Date.now();
    test.after(() => {
      proxy.close();
      bridge.close();
    });
    assert.equal((await proxy.get('/acme-lake/a')).status, 401, 'the token has just been fetched');
    test.mock.method(Date, 'now', () => now + 60_000);
    assert.equal((await proxy.get('/acme-lake/a')).status, 200);
    assert.equal(bridge.asked.length, 3);
  });

  it('does not cause a call to the token source for every request if the source has no newer token', async (test) => {
    const old = unverifiedToken('a');
    const { fetchToken, calls } = sourceOf(old);
    const { bridge, proxy } = await startBoth(unverifiedToken('b'), fetchToken);
    const now = Date.now();
    test.after(() => {
      proxy.close();
      bridge.close();
    });
    assert.equal((await proxy.get('/acme-lake/a')).status, 401);
    test.mock.method(Date, 'now', () => now + 60_000);
    for (let read = 0; read < 5; read += 1) assert.equal((await proxy.get('/acme-lake/a')).status, 401);
    assert.equal(calls(), 2);
  });
});
