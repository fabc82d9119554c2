// A request to /-/sts whose body never ends gets 408 after ten seconds, or as soon as 200 newer requests to /-/sts arrive.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { openSession, requestOver } from '../../support/http2-request.ts';
import { postForm, PROTOCOLS, webIdentityForm } from '../../support/sts-form.ts';
import { rawExchange } from '../../support/raw-exchange.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const MAX_FORMS = 200;

describe('a request to /-/sts whose body never ends', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  function begin(session: ClientHttp2Session): ClientHttp2Stream {
    const stream = session.request({ ':method': 'POST', ':path': '/-/sts' }, { endStream: false });
    stream.on('error', () => undefined);
    stream.write('Action=');
    return stream;
  }
  const statusOf = async (stream: ClientHttp2Stream): Promise<unknown> => {
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    return headers[':status'];
  };

  it('gets 408 over HTTP/1', async () => {
    const head = 'POST /-/sts HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\n\r\nAction=';
    const received = await rawExchange(wire.bridge.url, head, (text) => text.includes('</ErrorResponse>'));
    assert.match(received, /^HTTP\/1\.1 408 .*<Code>RequestTimeout<\/Code>/s);
  });

  it('gets 408 over HTTP/2, and gets it early if 200 newer requests arrive', async () => {
    const session = openSession(wire.bridge.url);
    const body = webIdentityForm(await wire.token('reader'));
    const statuses = Array.from({ length: MAX_FORMS }, () => statusOf(begin(session)));
    // The streams arrive in order.
    assert.equal((await requestOver(session, '/-/live')).status, 200);
    const reply = await postForm(PROTOCOLS['HTTP/1'], wire.bridge.url, { body });
    assert.equal(reply.status, 200, 'other callers are served');
    const others = Promise.all(statuses.slice(1));
    assert.equal(await Promise.race([statuses[0], others]), 408, 'the oldest body gives way');
    assert.deepEqual(new Set(await others), new Set([408]));
    session.close();
  });
});
