// One caller can have several requests and pauses at a time: a disconnect ends all that are unfinished, and nothing else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { Fault } from '../../src/errors/fault.ts';
import { createDeparture, untilDeparture } from '../../src/http1/departure.ts';
import type { Departure } from '../../src/http1/departure.ts';
import { pause } from '../../src/s3/retry/pause.ts';
import { createTransport } from '../../src/http1/transport.ts';
import type { UpstreamResponse } from '../../src/http1/transport.ts';

/** Longer than any of these tests takes. */
const STALL_MS = 60_000;

const waiting: ServerResponse[] = [];
const server = createServer(({ url }, response) => {
  if (url === '/at-once') response.end('ok');
  else waiting.push(response);
});
const transport = createTransport({ stallMs: STALL_MS });
let origin = '';

const send = (path: string, departure: Departure): Promise<UpstreamResponse> =>
  transport.send(origin, { method: 'GET', path, headers: ['host', 'localhost'], departure });

/** @returns a request to which S3 has not responded yet, and the response that it waits for */
async function sendUnanswered(
  departure: Departure,
): Promise<{ readonly request: Promise<UpstreamResponse>; readonly response: ServerResponse }> {
  const request = send('/later', departure);
  request.catch(() => undefined);
  await once(server, 'request');
  const response = waiting.pop();
  assert.ok(response !== undefined);
  return { request, response };
}

const isDisconnect = (error: unknown): boolean => error instanceof Error && !(error instanceof Fault);

describe('a disconnect', () => {
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  after(() => {
    transport.close();
    server.close();
    server.closeAllConnections();
  });

  it('ends a request after another request of the same caller has finished', async () => {
    const departure = createDeparture();
    const { request, response } = await sendUnanswered(departure);
    assert.equal((await send('/at-once', departure)).status, 200);
    const closed = once(response, 'close');
    departure.abort();
    await assert.rejects(request, isDisconnect);
    await closed;
  });

  it('ends a request after a pause of the same caller has finished', async () => {
    const departure = createDeparture();
    const { request, response } = await sendUnanswered(departure);
    await pause(1, departure);
    const closed = once(response, 'close');
    departure.abort();
    await assert.rejects(request, isDisconnect);
    await closed;
  });

  it('ends a pause after a request of the same caller has finished', async () => {
    const departure = createDeparture();
    const pausing = pause(STALL_MS, departure);
    pausing.catch(() => undefined);
    assert.equal((await send('/at-once', departure)).status, 200);
    departure.abort();
    await assert.rejects(pausing, isDisconnect);
  });

  it('ends all that is unfinished', async () => {
    const departure = createDeparture();
    const requests = [await sendUnanswered(departure), await sendUnanswered(departure)];
    const pausing = pause(STALL_MS, departure);
    pausing.catch(() => undefined);
    departure.abort();
    for (const { request } of requests) await assert.rejects(request, isDisconnect);
    await assert.rejects(pausing, isDisconnect);
  });

  it('does not end the request of another caller on the same connection', async () => {
    const first = createDeparture();
    assert.equal((await send('/at-once', first)).status, 200);
    const { request, response } = await sendUnanswered(createDeparture());
    first.abort();
    response.end('ok');
    assert.equal((await request).status, 200);
  });
});

it('a departure calls each listener once, in order, and none that was removed', () => {
  const departure = createDeparture();
  const calls: string[] = [];
  const removed = (): void => void calls.push('removed');
  departure.add(() => calls.push('first'));
  departure.add(removed);
  departure.add(() => {
    calls.push('second');
    departure.remove(removed);
  });
  departure.remove(removed);
  departure.remove(removed);
  departure.abort();
  departure.abort();
  assert.deepEqual(calls, ['first', 'second']);
  assert.equal(departure.aborted, true);
});

describe('a wait for shared work', () => {
  it('settles as the work does while the caller stays', async () => {
    const departure = createDeparture();
    assert.equal(await untilDeparture(Promise.resolve('done'), departure), 'done');
    const failure = new Fault('sts_failed');
    await assert.rejects(untilDeparture(Promise.reject(failure), departure), failure);
  });

  it('ends as soon as the caller disconnects, and the work continues', async () => {
    const departure = createDeparture();
    const { promise: work, resolve } = Promise.withResolvers<string>();
    const wait = untilDeparture(work, departure);
    departure.abort();
    await assert.rejects(wait, isDisconnect);
    resolve('done');
    assert.equal(await work, 'done');
  });

  it('ends at once if the caller has disconnected before', async () => {
    const departure = createDeparture();
    departure.abort();
    await assert.rejects(untilDeparture(new Promise(() => undefined), departure), isDisconnect);
  });

  it('ends without an unhandled rejection if the work fails after the caller has disconnected', async () => {
    const departure = createDeparture();
    const { promise: work, reject } = Promise.withResolvers<string>();
    const wait = untilDeparture(work, departure);
    departure.abort();
    await assert.rejects(wait, isDisconnect);
    reject(new Fault('sts_failed'));
    // An unhandled rejection would fail this test by the next turn.
    await new Promise(setImmediate);
  });
});
