// One caller can have several requests to S3 and retry pauses at the same time. A disconnect ends that caller's unfinished
// requests and pauses, and affects nothing else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createCancellation, untilCancelled } from '../../src/runtime/cancellation.ts';
import type { Cancellation } from '../../src/runtime/cancellation.ts';
import { Fault } from '../../src/errors/fault.ts';
import { HttpError } from '../../src/http1/http-error.ts';
import { pause } from '../../src/s3/retry/retry.ts';
import { createTransport } from '../../src/http1/transport.ts';
import type { UpstreamResponse } from '../../src/http1/exchange.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

/** The stall timeout is longer than any of these tests takes. */
const STALL_MS = 60_000;

const waiting: ServerResponse[] = [];
let s3: StandIn;
const transport = createTransport({ stallMs: STALL_MS });

const send = (path: string, cancellation: Cancellation): Promise<UpstreamResponse> =>
  transport.send(s3.origin, { method: 'GET', path, headers: ['host', 'localhost'], cancellation });

/** @returns a request to which S3 has not responded yet, and the pending response */
async function sendUnanswered(
  cancellation: Cancellation,
): Promise<{ readonly request: Promise<UpstreamResponse>; readonly response: ServerResponse }> {
  const request = send('/later', cancellation);
  request.catch(() => undefined);
  await until('S3 has the request', () => waiting.length > 0);
  const response = waiting.pop();
  assert.ok(response !== undefined);
  return { request, response };
}

const isDisconnect = (error: unknown): boolean => error instanceof Error && !(error instanceof HttpError);

describe('the disconnect of a caller', () => {
  before(async () => {
    s3 = await startStandIn(({ url }, response) => {
      if (url === '/at-once') response.end('ok');
      else waiting.push(response);
    });
  });
  after(() => {
    transport.close();
    s3.close();
  });

  it('still ends a request after another request by the same caller has finished', async () => {
    const cancellation = createCancellation();
    const { request, response } = await sendUnanswered(cancellation);
    assert.equal((await send('/at-once', cancellation)).status, 200);
    const closed = once(response, 'close');
    cancellation.abort();
    await assert.rejects(request, isDisconnect);
    await closed;
  });

  it('still ends a request after a retry pause for the same caller has finished', async () => {
    const cancellation = createCancellation();
    const { request, response } = await sendUnanswered(cancellation);
    await pause(1, cancellation);
    const closed = once(response, 'close');
    cancellation.abort();
    await assert.rejects(request, isDisconnect);
    await closed;
  });

  it('still ends a retry pause after a request by the same caller has finished', async () => {
    const cancellation = createCancellation();
    const pausing = pause(STALL_MS, cancellation);
    pausing.catch(() => undefined);
    assert.equal((await send('/at-once', cancellation)).status, 200);
    cancellation.abort();
    await assert.rejects(pausing, isDisconnect);
  });

  it("ends all of the caller's unfinished requests and pauses", async () => {
    const cancellation = createCancellation();
    const requests = [await sendUnanswered(cancellation), await sendUnanswered(cancellation)];
    const pausing = pause(STALL_MS, cancellation);
    pausing.catch(() => undefined);
    cancellation.abort();
    for (const { request } of requests) await assert.rejects(request, isDisconnect);
    await assert.rejects(pausing, isDisconnect);
  });

  it('does not end a request by another caller on the same connection', async () => {
    const first = createCancellation();
    assert.equal((await send('/at-once', first)).status, 200);
    const { request, response } = await sendUnanswered(createCancellation());
    first.abort();
    response.end('ok');
    assert.equal((await request).status, 200);
  });
});

it('a cancellation calls each remaining listener once, in order', () => {
  const cancellation = createCancellation();
  const calls: string[] = [];
  const removed = (): void => void calls.push('removed');
  cancellation.add(() => calls.push('first'));
  cancellation.add(removed);
  cancellation.add(() => {
    calls.push('second');
    cancellation.remove(removed);
  });
  cancellation.remove(removed);
  cancellation.remove(removed);
  cancellation.abort();
  cancellation.abort();
  assert.deepEqual(calls, ['first', 'second']);
  assert.equal(cancellation.aborted, true);
});

describe('a caller that waits for shared work', () => {
  it('gets the result of the work if it stays connected', async () => {
    const cancellation = createCancellation();
    assert.equal(await untilCancelled(Promise.resolve('done'), cancellation), 'done');
    const failure = new Fault('sts_failed');
    await assert.rejects(untilCancelled(Promise.reject(failure), cancellation), failure);
  });

  it('stops waiting as soon as it disconnects, while the work continues', async () => {
    const cancellation = createCancellation();
    const { promise: work, resolve } = Promise.withResolvers<string>();
    const wait = untilCancelled(work, cancellation);
    cancellation.abort();
    await assert.rejects(wait, isDisconnect);
    resolve('done');
    assert.equal(await work, 'done');
  });

  it('does not wait if it has already disconnected', async () => {
    const cancellation = createCancellation();
    cancellation.abort();
    await assert.rejects(untilCancelled(new Promise(() => undefined), cancellation), isDisconnect);
  });

  it('causes no unhandled rejection if the work fails after the caller has disconnected', async () => {
    const cancellation = createCancellation();
    const { promise: work, reject } = Promise.withResolvers<string>();
    const wait = untilCancelled(work, cancellation);
    cancellation.abort();
    await assert.rejects(wait, isDisconnect);
    reject(new Fault('sts_failed'));
    // Waits for the next turn of the event loop, in which Node would report an unhandled rejection and fail this test.
    await new Promise(setImmediate);
  });
});
