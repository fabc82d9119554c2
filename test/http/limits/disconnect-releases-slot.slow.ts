// A caller's slot is released if the caller disconnects while its token is being verified, or while its response is unread.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../../support/bridge-process.ts';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { asAccount, openToProject, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import type { Wire } from '../../support/wire.ts';

const IN_FLIGHT = 'fedbridge_requests_in_flight';
/** More data than fits in the kernel's send and receive buffers. */
const SIZE = 64 * 1024 * 1024;

const sendRequests = async (
  wire: Wire,
  path: string,
  times = 1,
  headers?: Readonly<Record<string, string>>,
): Promise<Socket> => {
  const { hostname, port } = new URL(wire.bridge.url);
  const { authorization = '' } = headers ?? { authorization: `Bearer ${await wire.token('reader')}` };
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: bridge\r\nAuthorization: ${authorization}\r\n\r\n`.repeat(times),
  );
  return socket;
};

const inFlight = (wire: MeasuredWire): Promise<number> => wire.metric(IN_FLIGHT);
const untilFree = (wire: MeasuredWire): Promise<void> =>
  until('all slots are free', async () => (await inFlight(wire)) === 0);

it('requests abandoned during an STS call still count toward limits.perCaller', async (test) => {
  const wire = await startMeasuredWire({
    config: openToProject('limits: { perCaller: 2 }'),
    faults: [],
  });
  test.after(() => wire.close());
  await wire.fault({ upstream: 'sts', fault: 'hold' });
  for (let i = 0; i < 2; i += 1) {
    const socket = await sendRequests(wire, '/acme-lake/README.txt');
    await until('the request is in flight', async () => (await inFlight(wire)) === 1);
    socket.destroy();
    await untilFree(wire);
  }
  const reply = await wire.get('/acme-lake/README.txt', { as: 'reader' });
  assert.deepEqual([reply.status, reply.code], [503, 'SlowDown']);
  await wire.clearFaults();
  await until('the STS call has ended', async () => {
    return (await wire.get('/acme-lake/README.txt', { as: 'reader' })).status === 200;
  });
});

describe('a request slot', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({
      config: openToProject(),
      clocks: PATIENT,
      faults: [{ upstream: 'certs', fault: 'hold' }],
    });
  });
  after(() => wire.close());

  it("is released if a caller disconnects while Google's keys are fetched", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 10 }, () => sendRequests(wire, '/acme-lake/README.txt')),
    );
    await until('the requests are in flight', async () => (await inFlight(wire)) === 10);
    for (const socket of sockets) socket.destroy();
    const disconnects = (): number => wire.bridge.lines.filter(({ status }) => status === 499).length;
    await until('they are logged as disconnects, not as served', () => disconnects() === 10);
    await wire.clearFaults();
    await untilFree(wire);
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
  });

  it('is released immediately if a caller disconnects during an STS call', async () => {
    await wire.fault({ upstream: 'sts', fault: 'hold' });
    await wire.forgetCalls();
    const headers = asAccount(wire, 1);
    const sockets = await Promise.all(
      Array.from({ length: 10 }, () => sendRequests(wire, '/acme-lake/README.txt', 1, headers)),
    );
    await until('the requests are in flight', async () => (await inFlight(wire)) === 10);
    for (const socket of sockets) socket.destroy();
    await untilFree(wire);
    assert.equal((await sessionsAtSts(wire))[0]?.status, null, 'the STS call is still in progress');
    await wire.clearFaults();
    assert.equal((await wire.get('/acme-lake/README.txt', { headers })).status, 200);
    assert.equal((await sessionsAtSts(wire)).length, 1, 'served by the call that the others started');
  });

  it('is taken only once per connection, even if requests are pipelined', async () => {
    await wire.put('big', Buffer.alloc(SIZE));
    const socket = await sendRequests(wire, '/acme-lake/big', 10);
    socket.pause();
    await until('the first request is in flight', async () => (await inFlight(wire)) > 0);
    // Once this response has arrived, the bridge has also read everything that was sent before this request.
    assert.equal((await wire.get('/-/live')).status, 200);
    assert.equal(await inFlight(wire), 1);
    socket.destroy();
    await untilFree(wire);
  });

  it('is released if a connection is closed because it pipelines too many requests', async () => {
    await wire.fault({ upstream: 's3', path: 'README', fault: 'hang' });
    const socket = await sendRequests(wire, '/acme-lake/README.txt', 5_000);
    await until('the connection is closed', () => socket.destroyed);
    await wire.clearFaults();
    await untilFree(wire);
  });
});

describe('a request slot, with a stall timeout of one second', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire({ config: openToProject('limits: { stall: 1s }') });
    await wire.put('big', Buffer.alloc(SIZE));
  });
  after(() => wire.close());

  const stalled = (): readonly LogLine[] =>
    wire.bridge.lines.filter(({ abortedBy }) => abortedBy === 'stall');

  it('is released if the caller does not read its response', async () => {
    const socket = await sendRequests(wire, '/acme-lake/big');
    socket.pause();
    await until('the response is closed early', () => stalled().length === 1);
    assert.deepEqual([stalled()[0]?.['key'], stalled()[0]?.['severity']], ['big', 'INFO']);
    await untilFree(wire);
    socket.destroy();
  });

  it('is released if the caller does not read its response but keeps sending data', async () => {
    const socket = await sendRequests(wire, '/acme-lake/big');
    socket.pause();
    socket.write('GET /');
    const trickle = setInterval(() => socket.write('a'), 300);
    await until('the response is closed early', () => stalled().length === 2).finally(() => {
      clearInterval(trickle);
    });
    await untilFree(wire);
    socket.destroy();
  });
});
