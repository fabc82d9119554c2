// A response that is aborted while the sink receives bytes, even its last bytes, fails once. It does not also end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, it } from 'node:test';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { createTransport } from '../../src/http1/transport.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

const BODY = 'first last';
/** The parts are sent in separate packets, so that the client reads the last bytes separately from the head. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  counted: [`HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n`, 'first ', 'last'],
  chunked: [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    '6\r\nfirst \r\n',
    '4\r\nlast\r\n0\r\n\r\n',
  ],
  'two-chunks': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    '6\r\nfirst \r\n4\r\nlast\r\n0\r\n\r\n',
  ],
};

let s3: StandIn;
let sendMore: () => void = () => undefined;
const transport = createTransport({ stallMs: 60_000 });
before(async () => {
  s3 = await startStandIn(({ url = '', socket }) => {
    const [head = '', ...parts] = PARTS[url.slice(1)] ?? [];
    socket.write(head);
    sendMore = () => socket.write(parts.shift() ?? '');
  });
});
after(() => {
  transport.close();
  s3.close();
});

/** @param pipesLate whether the sink gets the bytes only after all of them have arrived, except the last */
async function abortIn(
  kind: string,
  at: string,
  how: 'abort' | 'cancel',
  pipesLate = false,
): Promise<string[]> {
  const cancellation = createCancellation();
  let arrived = 0;
  const response = await transport.send(s3.origin, {
    method: 'GET',
    path: `/${kind}`,
    headers: ['host', 'localhost'],
    cancellation,
    onBody: (bytes) => {
      arrived += bytes;
    },
  });
  const socket = s3.asked.at(-1)?.socket;
  assert.ok(socket !== undefined);
  const closed = once(socket, 'close');
  const events: string[] = [];
  const pipe = (): void => {
    response.pipe({
      write: (chunk, free) => {
        const text = chunk.toString();
        events.push(text);
        free?.();
        if (text === at && how === 'abort') response.abort();
        if (text === at && how === 'cancel') cancellation.abort();
        return true;
      },
      end: () => {
        events.push('end');
      },
      fail: () => {
        events.push('fail');
      },
    });
  };
  if (!pipesLate) pipe();
  sendMore();
  await until('bytes have arrived', () => arrived > 0);
  if (pipesLate) pipe();
  else sendMore();
  await closed;
  return events;
}

for (const how of ['abort', 'cancel'] as const) {
  for (const kind of ['counted', 'chunked', 'two-chunks'])
    it(`a ${kind} response fails once if it ends by ${how} in the write of the last bytes`, async () => {
      assert.deepEqual(await abortIn(kind, 'last', how), ['first ', 'last', 'fail']);
    });
  it(`a response with two chunks in one packet delivers nothing after ${how} in the first write`, async () => {
    assert.deepEqual(await abortIn('two-chunks', 'first ', how), ['first ', 'fail']);
  });
  it(`a response that is piped only after its first bytes arrived fails once after ${how} in the write of these bytes`, async () => {
    assert.deepEqual(await abortIn('counted', 'first ', how, true), ['first ', 'fail']);
  });
}
