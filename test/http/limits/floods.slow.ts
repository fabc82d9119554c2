// However many idle connections, tokens, headers and log lines there are, the bridge's memory stays bounded.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { ACCOUNTS } from '../../../src/sandbox/google/accounts.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { request } from '../../support/http-request.ts';
import { startHarmedWire } from '../../support/provoked-fault.ts';
import type { HarmedWire } from '../../support/provoked-fault.ts';
import { startUnreadBridge } from '../../support/unread-log.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';

const LIMIT_MIB = 260;
/**
 * The tolerated growth in memory. Memory use after a garbage collection varies by 20 to 40 MiB, but a flood sends at least 70
 * MiB in four rounds.
 */
const MARGIN_MIB = 50;
/**
 * The number of measured rounds. They follow an initial round, in which the process allocates memory that it keeps: heap,
 * buffers and compiled code.
 */
const FURTHER_ROUNDS = 4;
/**
 * Memory outside the heap is freed only by a second garbage collection, and is returned to the operating system shortly
 * afterwards.
 */
const COLLECTIONS = 10;
const AT_ONCE = 50;

/** @returns the resident set size of a process, in MiB (proc(5), VmRSS) */
function residentMiB(pid: number): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** @returns the number of responses with each status */
async function flood(
  origin: string,
  times: number,
  what: (i: number) => { readonly path?: string; readonly headers?: Record<string, string> },
): Promise<Record<number, number>> {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const statuses: Record<number, number> = {};
  let next = 0;
  const sendNext = async (): Promise<void> => {
    while (next < times) {
      const { path = '/acme-lake/x', headers = {} } = what(next++);
      const { promise, resolve } = Promise.withResolvers<IncomingMessage | undefined>();
      send({ hostname, port, path, headers, agent }, resolve)
        .on('error', () => {
          resolve(undefined);
        })
        .end();
      const response = await promise;
      const status = response?.statusCode ?? 0;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (response !== undefined)
        await response
          .resume()
          .toArray()
          .catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendNext));
  agent.destroy();
  return statuses;
}

describe('a bridge', () => {
  let wire: HarmedWire;
  before(async () => {
    wire = await startHarmedWire();
    await wire.get('/acme-lake/README.txt', { as: 'reader' });
  });
  after(() => wire.close());

  const collected = async (): Promise<number> => {
    await wire.harm({ what: 'collect' });
    await wire.get('/-/live');
    return residentMiB(wire.bridge.pid);
  };
  const assertBounded = async (round: () => Promise<void>): Promise<void> => {
    await round();
    let bound = Infinity;
    for (let i = 0; i < COLLECTIONS; i += 1) bound = Math.min(bound, (await collected()) + MARGIN_MIB);
    for (let i = 0; i < FURTHER_ROUNDS; i += 1) await round();
    const most = residentMiB(wire.bridge.pid);
    assert.ok(most < LIMIT_MIB, `${most.toFixed(0)} MiB resident`);
    await until(`at most ${bound.toFixed(0)} MiB are kept`, async () => (await collected()) < bound);
  };

  it('does not keep rejected tokens in memory', async () => {
    const good = wire.sandbox.mint(googleClaims(wire, 'reader'));
    const [head = ''] = good.split('.');
    let n = 0;
    await assertBounded(async () => {
      const statuses = await flood(wire.bridge.url, 3_000, () => {
        // The token's header names Google's key, but its claims are new and its signature is invalid.
        const claims = Buffer.from(JSON.stringify({ sub: String(n++), x: 'y'.repeat(4_500) }));
        return {
          headers: { authorization: `Bearer ${head}.${claims.toString('base64url')}.${'A'.repeat(342)}` },
        };
      });
      assert.deepEqual(statuses, { 401: 3_000 });
    });
  });

  it('does not keep large request headers in memory', async () => {
    await assertBounded(async () => {
      const most = { cookie: 'x'.repeat(15_000) };
      assert.deepEqual(await flood(wire.bridge.url, 2_000, () => ({ headers: most })), { 401: 2_000 });
      const tooLarge = { cookie: 'x'.repeat(17_000) };
      const rejected = await flood(wire.bridge.url, 1_000, () => ({ headers: tooLarge }));
      // If the bridge closes a connection mid-request, the connection may be reset before the response is read. This counts as
      // status 0.
      assert.ok(
        Object.keys(rejected).every((status) => status === '431' || status === '0'),
        JSON.stringify(rejected),
      );
      assert.ok(rejected[431] !== undefined);
    });
  });

  it('uses little memory for thousands of idle connections', async () => {
    const { hostname, port } = new URL(wire.bridge.url);
    await assertBounded(async () => {
      const sockets: Socket[] = [];
      for (let i = 0; i < 3_000; i += 1) {
        const socket = connect(Number(port), hostname).on('error', () => undefined);
        await once(socket, 'connect');
        sockets.push(socket);
        // Half of the connections send a request.
        if (i % 2 === 0) {
          socket.write('GET /-/live HTTP/1.1\r\nHost: b\r\n\r\n');
          await once(socket, 'data');
        }
      }
      const resident = residentMiB(wire.bridge.pid);
      assert.ok(resident < LIMIT_MIB, `${resident.toFixed(0)} MiB resident`);
      // The bridge closes the other connections after 15 seconds without a request.
      const used = sockets.filter((_, i) => i % 2 === 0);
      assert.ok(used.every((socket) => !socket.destroyed));
      for (const socket of sockets) socket.destroy();
    });
  });
});

it('a bridge whose log is not read keeps a bounded number of lines and counts the dropped ones', async (test) => {
  const sandbox = await startSandbox();
  test.after(() => sandbox.close());
  const bridge = await startUnreadBridge(sandbox);
  test.after(() => bridge.process.kill('SIGKILL'));
  const path = `/acme-lake/${'x'.repeat(1_000)}`;
  // Log lines for requests without a valid token are limited; those for callers without a grant are not.
  const { email, uniqueId } = ACCOUNTS.stranger;
  const claims = {
    aud: sandbox.contract.audience,
    azp: uniqueId,
    sub: uniqueId,
    email,
    email_verified: true,
  };
  const headers = asBearer(sandbox.mint(claims));
  const dropped = async (): Promise<number> => {
    const { text } = await request(bridge.metricsUrl, '/-/metrics');
    return Number(/^fedbridge_log_lines_dropped_total (\d+)/m.exec(text)?.[1]);
  };
  let sent = 0;
  while ((await dropped()) < 3_000) {
    sent += 3_000;
    assert.deepEqual(await flood(bridge.url, 3_000, () => ({ path, headers })), { 403: 3_000 });
    assert.ok(sent <= 30_000, 'lines are eventually dropped');
  }
  const resident = residentMiB(bridge.process.pid ?? 0);
  assert.ok(resident < LIMIT_MIB, `${resident.toFixed(0)} MiB resident after ${sent} requests`);
});
