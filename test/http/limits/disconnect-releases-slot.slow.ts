// A caller that leaves while its token is verified, or takes nothing of what it asked for, gives its place back.
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
/** More than the kernel buffers in both directions. */
const SIZE = 64 * 1024 * 1024;

const asked = async (
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
  until('all places are free', async () => (await inFlight(wire)) === 0);

it('a caller that leaves while STS is called has no more such requests than limits.perCaller', async (test) => {
  const wire = await startMeasuredWire({
    config: openToProject('limits: { perCaller: 2 }'),
    faults: [],
  });
  test.after(() => wire.close());
  await wire.fault({ supplier: 'sts', fault: 'hold' });
  for (let i = 0; i < 2; i += 1) {
    const socket = await asked(wire, '/acme-lake/README.txt');
    await until('it is in flight', async () => (await inFlight(wire)) === 1);
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

describe('a place', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({
      config: openToProject(),
      clocks: PATIENT,
      faults: [{ supplier: 'certs', fault: 'hold' }],
    });
  });
  after(() => wire.close());

  it('is given back by callers that leave while Google’s keys are awaited', async () => {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => asked(wire, '/acme-lake/README.txt')));
    await until('they are in flight', async () => (await inFlight(wire)) === 10);
    for (const socket of sockets) socket.destroy();
    const left = (): number => wire.bridge.lines.filter(({ status }) => status === 499).length;
    await until('they are counted as having left, not as served', () => left() === 10);
    await wire.clearFaults();
    await untilFree(wire);
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
  });

  it('is given back at once by callers that leave while STS is awaited', async () => {
    await wire.fault({ supplier: 'sts', fault: 'hold' });
    await wire.forgetCalls();
    const headers = asAccount(wire, 1);
    const sockets = await Promise.all(
      Array.from({ length: 10 }, () => asked(wire, '/acme-lake/README.txt', 1, headers)),
    );
    await until('they are in flight', async () => (await inFlight(wire)) === 10);
    for (const socket of sockets) socket.destroy();
    await untilFree(wire);
    assert.equal((await sessionsAtSts(wire))[0]?.status, null, 'the STS call is still in progress');
    await wire.clearFaults();
    assert.equal((await wire.get('/acme-lake/README.txt', { headers })).status, 200);
    assert.equal((await sessionsAtSts(wire)).length, 1, 'the call that the others began has served it');
  });

  it('is one for a connection, however many requests it sends ahead', async () => {
    await wire.put('big', Buffer.alloc(SIZE));
    const socket = await asked(wire, '/acme-lake/big', 10);
    socket.pause();
    await until('the first is in flight', async () => (await inFlight(wire)) > 0);
    // By then the bridge has read everything that was sent before.
    assert.equal((await wire.get('/-/live')).status, 200);
    assert.equal(await inFlight(wire), 1);
    socket.destroy();
    await untilFree(wire);
  });

  it('is not to be had by sending requests ahead without end', async () => {
    await wire.fault({ supplier: 's3', path: 'README', fault: 'hang' });
    const socket = await asked(wire, '/acme-lake/README.txt', 5_000);
    await until('the connection is closed', () => socket.destroyed);
    await wire.clearFaults();
    await untilFree(wire);
  });
});

describe('a place, where a window has a second,', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire({ config: openToProject('limits: { stall: 1s }') });
    await wire.put('big', Buffer.alloc(SIZE));
  });
  after(() => wire.close());

  const cut = (): readonly LogLine[] => wire.bridge.lines.filter(({ abortedBy }) => abortedBy === 'stall');

  it('is taken from a caller that takes nothing', async () => {
    const socket = await asked(wire, '/acme-lake/big');
    socket.pause();
    await until('it is cut', () => cut().length === 1);
    assert.deepEqual([cut()[0]?.['key'], cut()[0]?.['severity']], ['big', 'INFO']);
    await untilFree(wire);
    socket.destroy();
  });

  it('is taken as well from a caller that takes nothing and goes on sending', async () => {
    const socket = await asked(wire, '/acme-lake/big');
    socket.pause();
    socket.write('GET /');
    const trickle = setInterval(() => socket.write('a'), 300);
    await until('it is cut', () => cut().length === 2).finally(() => {
      clearInterval(trickle);
    });
    await untilFree(wire);
    socket.destroy();
  });
});
