// A caller that leaves while its token is verified, or takes nothing of what it asked for, gives its place back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startMeasuredWire } from './metrics.ts';
import type { MeasuredWire } from './metrics.ts';
import { until } from './until.ts';

const IN_FLIGHT = 'fedbridge_requests_in_flight';

describe('a place', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire({
      config: ({ role }) => `audience: https://lake-bridge.example
aws: { region: eu-west-1, audience: fedbridge }
roles: { lake: { arn: ${role} } }
buckets: { acme-lake: { role: lake } }
grants: [{ callers: [project:acme-prod], allow: [get, list], bucket: acme-lake }]
limits: { stall: 1s }`,
      faults: [{ supplier: 'certs', fault: 'hang' }],
    });
  });
  after(() => wire.close());

  const ask = async (path: string, times = 1): Promise<Socket> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const authorization = `Bearer ${await wire.token('reader')}`;
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: bridge\r\nAuthorization: ${authorization}\r\n\r\n`.repeat(times),
    );
    return socket;
  };
  const inFlight = (): Promise<number> => wire.metric(IN_FLIGHT);

  it('is given back by callers that leave while Google’s keys are awaited', async () => {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => ask('/acme-lake/README.txt')));
    await until('they are in flight', async () => (await inFlight()) === 10);
    for (const socket of sockets) socket.destroy();
    await until('their places are free', async () => (await inFlight()) === 0);
    await wire.clearFaults();
    const left = wire.bridge.lines.filter(({ status }) => status === 499);
    assert.equal(left.length, 10, 'they are counted as having left, not as served');
    const key = '/acme-lake/README.txt';
    await until('the keys are there', async () => (await wire.get(key, { as: 'reader' })).status === 200);
  });

  it('is taken from a caller that takes nothing', async () => {
    await wire.put('big', Buffer.alloc(64 * 1024 * 1024));
    const socket = await ask('/acme-lake/big');
    socket.pause();
    const line = await wire.bridge.line(({ key, abortedBy }) => key === 'big' && abortedBy === 'stall');
    assert.equal(line['severity'], 'INFO');
    await until('its place is free', async () => (await inFlight()) === 0);
    socket.destroy();
  });

  it('is one for a connection, however many requests it sends ahead', async () => {
    const socket = await ask('/acme-lake/big', 10);
    socket.pause();
    await until('the first is in flight', async () => (await inFlight()) > 0);
    assert.equal(await inFlight(), 1);
    socket.destroy();
    await until('its place is free', async () => (await inFlight()) === 0);
  });

  it('is not to be had by sending requests ahead without end', async () => {
    await wire.fault({ supplier: 's3', path: 'README', fault: 'hang' });
    const socket = await ask('/acme-lake/README.txt', 5_000);
    await until('the connection is closed', () => socket.destroyed);
    await wire.clearFaults();
    await until('its place is free', async () => (await inFlight()) === 0);
  });

  it('is taken as well from a caller that takes nothing and goes on sending', async () => {
    const socket = await ask('/acme-lake/big');
    socket.pause();
    socket.write('GET /');
    const trickle = setInterval(() => socket.write('a'), 300);
    await until(
      'it is cut',
      () => wire.bridge.lines.filter(({ abortedBy }) => abortedBy === 'stall').length === 2,
    );
    clearInterval(trickle);
    socket.destroy();
  });
});
