// A stream whose caller reads nothing is reset. After SIGTERM, a session ends when its last stream has finished, or after
// `limits.drain`.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { openSession, openStream, requestOver } from '../../support/http2-request.ts';
import { asAccount, openToProject, READABLE } from '../../support/sessions-at-sts.ts';
import { get, rawHttp2, request, TYPES } from '../../support/raw-http2.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SIZE = 8_000_000;
const PATH = '/acme-lake/big.bin';
/** A timeout that is longer than any test waits. */
const LONG_SECONDS = 3_600;
const INITIAL_WINDOW_SIZE = 4;

describe('an HTTP/2 session', { concurrency: true }, () => {
  const body = randomBytes(SIZE);
  const start = async (test: TestContext, limits: string, ownProcess = false): Promise<Wire> => {
    const wire = await startWire({ ownProcess, config: openToProject(`limits: { ${limits} }`) });
    test.after(() => wire.close());
    await wire.put('big.bin', body);
    return wire;
  };

  it('resets a stream whose caller reads nothing, and keeps the others open', async (test) => {
    const wire = await start(test, 'stall: 1s');
    const headers = asAccount(wire, 1);
    const session = openSession(wire.bridge.url);
    const { stream } = await openStream(session, PATH, { headers });
    stream.pause();
    while (!wire.bridge.lines.some(({ abortedBy }) => abortedBy === 'stall'))
      assert.equal((await requestOver(session, READABLE, { headers })).status, 200);
    await until('the stream closes', () => stream.closed);
    assert.equal(stream.rstCode, constants.NGHTTP2_INTERNAL_ERROR);
    session.close();
  });

  it('resets streams with small responses if their flow-control windows stay closed', async (test) => {
    const wire = await start(test, 'stall: 1s');
    const client = rawHttp2(wire.bridge.url, { settings: [[INITIAL_WINDOW_SIZE, 0]] });
    const block = get(READABLE, asAccount(wire, 1));
    const ids = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
    client.send(...ids.map((id) => request(id, block)));
    await until(
      'all are reset',
      () => client.frames.filter(({ type }) => type === TYPES.reset).length === 50,
    );
    await until(
      'all are logged as stalled',
      () => wire.bridge.lines.filter(({ abortedBy }) => abortedBy === 'stall').length === 50,
    );
    client.socket.destroy();
  });

  it('finishes its streams after SIGTERM, does not accept new ones, and then closes', async (test) => {
    const wire = await start(test, `drain: ${LONG_SECONDS}s, stall: 1h`, true);
    await wire.fault({ upstream: 's3', path: 'big.bin', fault: 'hold', after: SIZE / 2 });
    const headers = asAccount(wire, 1);
    const [session, idle] = [openSession(wire.bridge.url), openSession(wire.bridge.url)];
    assert.equal((await requestOver(idle, '/-/live')).status, 200);
    const { stream } = await openStream(session, PATH, { headers });
    const digest = createHash('sha256');
    const read = (async () => {
      for await (const chunk of stream) digest.update(chunk as Buffer);
    })();
    const [goaway, idleClosed] = [once(session, 'goaway'), once(idle, 'close')];
    const ended = wire.bridge.stop();
    await Promise.all([goaway, idleClosed]);
    await wire.clearFaults();
    await read;
    assert.equal(digest.digest('hex'), createHash('sha256').update(body).digest('hex'));
    assert.equal(await ended, 0);
  });

  it('resets streams still in progress after `limits.drain`, so that they look incomplete', async (test) => {
    const wire = await start(test, 'drain: 1s, stall: 1h', true);
    await wire.fault({ upstream: 's3', path: 'big.bin', fault: 'hold', after: SIZE / 2 });
    const session = openSession(wire.bridge.url);
    const { stream } = await openStream(session, PATH, { headers: asAccount(wire, 1) });
    stream.resume();
    const closed = once(stream, 'close');
    assert.equal(await wire.bridge.stop(), 0);
    await closed;
    assert.notEqual(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    await wire.bridge.line(({ abortedBy }) => abortedBy === 'bridge');
  });
});
