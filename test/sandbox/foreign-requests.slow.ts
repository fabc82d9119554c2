// A web page must not reach its visitor's sandbox through DNS rebinding or cross-site requests.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { startProgram } from '../../src/sandbox/bridge-child.ts';
import type { BridgeChild } from '../../src/sandbox/bridge-child.ts';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, control, identityToken } from './clients.ts';

/** A web page could make its visitor's browser request this path from a port of this machine. */
const IDENTITY =
  '/computeMetadata/v1/instance/service-accounts/reader@acme-prod.iam.gserviceaccount.com/identity?audience=a&format=full';

let sandbox: Sandbox;
let children: readonly BridgeChild[];
let ports: Readonly<Record<string, string>>;
before(async () => {
  sandbox = await startSandbox({ hosts: ['s3.front.example'] });
  const environment = {
    ...inheritedEnvironment(),
    ...sandbox.environment,
    PORT: '0',
    FEDBRIDGE_HOST: '127.0.0.1',
  };
  children = await Promise.all([startProgram('bridge', environment), startProgram('console', environment)]);
  const [bridge, console] = children.map(({ port }) => `http://127.0.0.1:${port}`);
  const { metadata, certs, sts, s3, control: controlPort, issuer, console: iap } = sandbox.contract;
  ports = {
    metadata,
    certs: new URL(certs).origin,
    sts,
    s3,
    control: controlPort,
    issuer,
    iap,
    'another machine': await sandbox.machineOf('reader'),
    bridge: bridge ?? '',
    console: console ?? '',
  };
});
after(async () => {
  await Promise.all(children.map((child) => child.stop()));
  await sandbox.close();
});

/** Sends exactly these lines. @returns the response */
async function answerTo(
  origin: string,
  ...lines: readonly string[]
): Promise<{ status: number; body: string }> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  const [head = '', body = ''] = (await text(socket)).split(/\r\n\r\n(.*)/s);
  return { status: Number(head.split(' ')[1]), body };
}

const flavor = 'Metadata-Flavor: Google';

describe('a request to the sandbox for a foreign host name', () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    "the page's host name": ['GET / HTTP/1.1', 'Host: evil.example'],
    "the page's host name, with a port": ['GET / HTTP/1.1', 'Host: evil.example:8081'],
    'a host name that starts like an accepted one': ['GET / HTTP/1.1', 'Host: localhost.evil.example'],
    'a host name that ends like an accepted one': ['GET / HTTP/1.1', 'Host: evil-localhost'],
    'an address of another machine': ['GET / HTTP/1.1', 'Host: 192.0.2.1'],
    'an empty host name': ['GET / HTTP/1.1', 'Host:'],
    'no host name': ['GET / HTTP/1.0'],
    'an absolute target with a foreign authority': ['GET http://evil.example/ HTTP/1.1', 'Host: 127.0.0.1'],
    'an accepted host name as the user of another host': [
      'GET http://127.0.0.1@evil.example/ HTTP/1.1',
      'Host: 127.0.0.1',
    ],
  };
  for (const port of [
    'metadata',
    'certs',
    'sts',
    's3',
    'control',
    'issuer',
    'iap',
    'another machine',
    'bridge',
    'console',
  ])
    for (const [what, lines] of Object.entries(refused))
      it(`is rejected with 421: ${what}, at ${port}`, async () => {
        const { status, body } = await answerTo(ports[port] ?? '', ...lines);
        assert.equal(status, 421);
        assert.match(body, /accepts only requests to 127\.0\.0\.1, localhost or \[::1\]/);
      });

  it('gets no token', async () => {
    const { metadata } = sandbox.contract;
    const asked = { headers: { 'metadata-flavor': 'Google', host: 'evil.example' } };
    const { status, text: body } = await ask(metadata, IDENTITY, asked);
    assert.equal(status, 421);
    assert.doesNotMatch(body, /eyJ/);
  });

  it('is not recorded as a call and does not use up a fault', async () => {
    await control(sandbox, 'PUT', '/faults', { upstream: 'sts', fault: 'status', status: 503, times: 1 });
    await control(sandbox, 'DELETE', '/calls');
    const refused = await answerTo(sandbox.contract.sts, 'GET / HTTP/1.1', 'Host: evil.example');
    assert.equal(refused.status, 421);
    assert.deepEqual(((await control(sandbox, 'GET', '/calls')) as { sts: unknown }).sts, []);
    assert.equal((await ask(sandbox.contract.sts, '/')).status, 503);
  });
});

describe("a request to the sandbox for one of this machine's host names", () => {
  for (const host of ['127.0.0.1', '127.0.0.1:1', 'localhost', 'LOCALHOST:8081', '[::1]:8081'])
    it(`is served: ${host}`, async () => {
      const { metadata } = sandbox.contract;
      const own = await answerTo(metadata, `GET ${IDENTITY} HTTP/1.1`, `Host: ${host}`, flavor);
      assert.match(own.body, /^eyJ/);
      // The metadata server does not support absolute targets, so it responds with its own 404.
      const absolute = await answerTo(metadata, `GET http://${host}/ HTTP/1.1`, 'Host: evil.example', flavor);
      assert.equal(absolute.status, 404);
    });

  it('is served if the host name was added with the `hosts` option', async () => {
    const asked = ['GET / HTTP/1.1', 'Host: s3.front.example:443'];
    assert.match((await answerTo(sandbox.contract.s3, ...asked)).body, /<Code>AccessDenied<\/Code>/);
    assert.equal((await answerTo(sandbox.contract.metadata, ...asked, flavor)).status, 200);
  });

  it("is served by S3, but by no other server, if it is S3's own name of a bucket", async () => {
    const asked = ['GET / HTTP/1.1', 'Host: acme-lake.s3.eu-west-1.amazonaws.com'];
    assert.match((await answerTo(sandbox.contract.s3, ...asked)).body, /<Code>AccessDenied<\/Code>/);
    assert.equal((await answerTo(sandbox.contract.metadata, ...asked, flavor)).status, 421);
    assert.equal((await answerTo(sandbox.contract.control, ...asked)).status, 421);
  });

  it('is also served if it is sent to the bridge', async () => {
    const token = await identityToken(sandbox, sandbox.contract.callers.scoped, sandbox.contract.audience);
    const asked = { headers: { authorization: `Bearer ${token}`, host: 'localhost' } };
    assert.equal((await ask(ports['bridge'] ?? '', '/acme-lake/raw/public/orders.csv', asked)).status, 200);
  });
});

describe('a cross-origin request to the sandbox', () => {
  for (const port of ['metadata', 'certs', 'sts', 's3', 'control', 'issuer', 'iap', 'another machine'])
    for (const header of [
      'Origin: https://evil.example',
      'Origin: null',
      'Origin: http://localhost:3000',
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Site: same-site',
    ])
      it(`is rejected with 403: ${header}, at ${port}`, async () => {
        const asked = ['POST / HTTP/1.1', 'Host: 127.0.0.1:8085', 'Content-Length: 0', header];
        const { status, body } = await answerTo(ports[port] ?? '', ...asked);
        assert.equal(status, 403);
        assert.match(body, /rejects requests from web pages on other origins/);
      });

  it('is rejected with 403, unlike a request from the same origin or the address bar', async () => {
    for (const header of [
      'Origin: http://127.0.0.1:8085',
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Site: none',
    ]) {
      const asked = ['GET / HTTP/1.1', 'Host: 127.0.0.1:8085', header];
      assert.equal((await answerTo(sandbox.contract.control, ...asked)).status, 200);
    }
  });
});

describe("the sandbox's control port", () => {
  const body = JSON.stringify({ upstream: 'sts', fault: 'hang' });
  const put = (headers: Record<string, string>, method = 'PUT', path = '/faults') =>
    ask(sandbox.contract.control, path, { method, headers, body });

  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'text/json',
    'application/jsonp',
    '',
  ])
    it(`responds with 415 to a body of type ${type || 'unknown'}, and does nothing`, async () => {
      const { status, text: refusal } = await put(type === '' ? {} : { 'content-type': type });
      assert.equal(status, 415);
      assert.match(refusal, /"field": "content-type"/);
      assert.match(refusal, /application\/json/);
      assert.deepEqual(await control(sandbox, 'GET', '/faults'), []);
    });

  it('responds with 415 to a cross-site form that POSTs text that happens to be JSON', async () => {
    const { status } = await put({ 'content-type': 'text/plain' }, 'POST', '/tokens');
    assert.equal(status, 415);
  });

  it('accepts a body of type application/json, with or without a charset', async () => {
    for (const type of ['application/json', 'Application/JSON; charset=utf-8'])
      assert.equal((await put({ 'content-type': type })).status, 200);
    await control(sandbox, 'DELETE', '/faults');
  });
});
