// Only a few JSON list pages may be in progress at once. Each page is parsed and sent in slices, whatever S3 sends and however
// slowly the caller reads.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { request } from '../../support/http-request.ts';
import type { Reply } from '../../support/http-request.ts';
import { asAccount } from '../../support/sessions-at-sts.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const PATH = '/-/objects?bucket=acme-lake&prefix=raw/';
const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>acme-lake</Name><EncodingType>url</EncodingType>';
const TAIL = '</ListBucketResult>';
const contents = (key: string): string => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`;

describe('a page of a JSON listing', () => {
  let wire: Wire;
  let s3: StandIn;
  let respond: (response: ServerResponse) => void;
  let held: ServerResponse[] = [];
  const sockets: Socket[] = [];

  before(async () => {
    s3 = await startStandIn((_request, response) => {
      respond(response);
    });
    wire = await startWire({
      config: configured({
        buckets: { 'acme-lake': `role: lake, region: eu-west-1, endpoint: "${s3.origin}"` },
        grants: ['callers: ["project:acme-prod"], allow: [get, list], bucket: acme-lake'],
        more: 'limits: { stall: 1s }',
      }),
    });
  });
  afterEach(() => {
    releaseAll();
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  const withDocument = (document: string) => (response: ServerResponse) => {
    response.end(document);
  };
  const hold = (response: ServerResponse): void => {
    held.push(response);
  };
  const releaseAll = (): void => {
    for (const response of held) response.end(HEAD + TAIL);
    held = [];
  };
  const page = (caller: number, path = PATH): Promise<Reply> =>
    request(wire.bridge.url, path, { headers: asAccount(wire, caller) });
  /** Opens a connection for a caller that reads nothing. */
  const open = async (caller: number): Promise<Socket> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    const { authorization = '' } = asAccount(wire, caller);
    socket.pause().write(`GET ${PATH} HTTP/1.1\r\nHost: b\r\nAuthorization: ${authorization}\r\n\r\n`);
    return socket;
  };
  const untilHeld = (count: number): Promise<void> =>
    until(`S3 has ${count} open requests`, () => held.length === count);
  const untilServed = (caller: number): Promise<void> =>
    until('a slot is free', async () => (await page(caller)).status === 200);
  const assertSlowedDown = async (reply: Reply, limit: string): Promise<void> => {
    assert.deepEqual([reply.status, reply.headers['retry-after']], [503, '1']);
    assert.equal(reply.headers['x-fedbridge-error'], 'overloaded');
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.deepEqual(line['cause'], { limit, max: limit === 'pages' ? 4 : 2 });
  };

  it('is rejected with 503 if its caller has two other pages in progress', async () => {
    respond = hold;
    const others = [page(1), page(1)];
    await untilHeld(2);
    await assertSlowedDown(await page(1), 'pagesPerCaller');
    const xml = page(1, '/acme-lake?list-type=2');
    await untilHeld(3);
    releaseAll();
    for (const reply of await Promise.all([...others, xml])) assert.equal(reply.status, 200);
    respond = withDocument(HEAD + TAIL);
    assert.equal((await page(1)).status, 200);
  });

  it('is rejected with 503 if the process has four other pages in progress', async () => {
    respond = hold;
    const others = [page(1), page(1), page(2), page(2)];
    await untilHeld(4);
    await assertSlowedDown(await page(3), 'pages');
    releaseAll();
    for (const reply of await Promise.all(others)) assert.equal(reply.status, 200);
  });

  it('frees its slot if the caller disconnects', async () => {
    respond = hold;
    const callers = [await open(1), await open(1), await open(2), await open(2)];
    await untilHeld(4);
    for (const socket of callers) socket.destroy();
    respond = withDocument(HEAD + TAIL);
    await untilServed(3);
    await untilServed(1);
  });

  it("frees its slot if the caller disconnects during S3's response", async () => {
    respond = (response) => {
      response.write(HEAD + contents('a'));
      hold(response);
    };
    const callers = [await open(1), await open(1), await open(2), await open(2)];
    await untilHeld(4);
    const closed = Promise.all(held.map((response) => once(response, 'close')));
    for (const socket of callers) socket.destroy();
    await closed;
    respond = withDocument(HEAD + TAIL);
    await untilServed(3);
  });

  it('keeps its slot until the caller has received the page, and frees the slot if the caller stalls', async () => {
    // The page exceeds the kernel's socket buffers, because each control character takes six bytes of JSON.
    respond = withDocument(HEAD + contents('%01'.repeat(1_000)).repeat(1_000) + TAIL);
    await Promise.all([open(1), open(1)]);
    await until('S3 has received both requests', () => s3.asked.length >= 2);
    await assertSlowedDown(await page(1), 'pagesPerCaller');
    const aborted = ({ abortedBy, prefix }: Readonly<Record<string, unknown>>): boolean =>
      abortedBy === 'stall' && prefix === 'raw/';
    await until('both responses are closed early', () => wire.bridge.lines.filter(aborted).length === 2);
    respond = withDocument(HEAD + TAIL);
    await untilServed(1);
  });

  it("of more than 4 MiB is rejected before the end of S3's response", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    respond = (response) => {
      const entries = contents('a'.repeat(1_000)).repeat(10);
      response.write(HEAD);
      response.on('close', resolve);
      const more = (): void => {
        while (!response.destroyed && response.write(`<Other>${entries}</Other>`));
      };
      response.on('drain', more);
      more();
    };
    const reply = await page(1);
    assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [503, 'upstream_failed']);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.deepEqual(
      [line['fault'], line['cause']],
      ['s3_invalid_response', { error: 'a list of more than 4 MiB' }],
    );
    await closed;
  });

  for (const [what, key] of [
    ['an unknown entity', '&nbsp;'],
    ['an invalid code point', '&#x110000;'],
  ] as const) {
    it(`with ${what} in a key is rejected as an upstream failure`, async () => {
      respond = withDocument(HEAD + contents(key) + TAIL);
      const reply = await page(1);
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [503, 'upstream_failed']);
    });
  }

  it('can contain a key that is a lone surrogate or a control character', async () => {
    respond = withDocument(HEAD + contents('&#xD800;') + contents('&#1;') + contents('%00') + TAIL);
    const { objects } = JSON.parse((await page(1)).text) as { objects: { key: string }[] };
    assert.deepEqual(
      objects.map(({ key }) => key),
      ['\ud800', '\u0001', '\0'],
    );
  });
});
