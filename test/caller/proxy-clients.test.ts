// The proxy accepts requests only from local programs that know its access key, and never from web pages of other origins.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { request } from '../support/http-request.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { KEY, startLocalProxy, unverifiedToken } from './local-proxy.ts';
import type { LocalProxy } from './local-proxy.ts';

const fetchToken = () => Promise.resolve(unverifiedToken('caller'));

let bridge: StandIn;
before(async () => {
  bridge = await startStandIn((_, response) => {
    response.writeHead(200, {
      'content-type': 'text/html',
      'access-control-allow-origin': '*',
      'set-cookie': 'a=b',
    });
    response.end('<p>');
  });
});
after(() => {
  bridge.close();
});

/** Asserts that the request is rejected with this status and code, and that the bridge is not called. */
async function rejects(
  proxy: LocalProxy,
  headers: Record<string, string>,
  expected: readonly [number, string],
) {
  const before = bridge.asked.length;
  const { status, code } = await request(proxy.url, '/acme-lake/a', { headers });
  assert.deepEqual([status, code], expected, JSON.stringify(headers));
  assert.equal(bridge.asked.length, before);
}
async function accepts(proxy: LocalProxy, headers: Record<string, string>) {
  const { status } = await request(proxy.url, '/acme-lake/a', { headers });
  assert.equal(status, 200, JSON.stringify(headers));
}

describe('a proxy with an access key', () => {
  let proxy: LocalProxy;
  before(async () => {
    proxy = await startLocalProxy({ upstream: bridge.origin, fetchToken });
  });
  after(() => {
    proxy.close();
  });
  const scope = '20261129/us-east-1/s3/aws4_request';
  const signed = (key: string) =>
    `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=host;x-amz-date, Signature=00`;
  const authorization = `Bearer ${KEY}`;

  for (const [form, header] of [
    ['a bearer token', authorization],
    ['the access key ID of a SigV4 signature', signed(KEY)],
    ['the access key ID of a SigV4 signature without spaces', signed(KEY).replaceAll(', ', ',')],
    ['the access key ID of a SigV2 signature', `AWS ${KEY}:c2ln`],
  ] as const)
    it(`accepts its access key as ${form}`, () => accepts(proxy, { authorization: header }));

  it('rejects a missing or wrong key with the status that the type of client expects', async () => {
    await rejects(proxy, {}, [401, 'InvalidAccessKeyId']);
    for (const wrong of [`${KEY}1`, KEY.slice(1), KEY.toLowerCase(), 'fedbridge']) {
      await rejects(proxy, { authorization: `Bearer ${wrong}` }, [401, 'InvalidAccessKeyId']);
      await rejects(proxy, { authorization: signed(wrong) }, [403, 'InvalidAccessKeyId']);
      await rejects(proxy, { authorization: `AWS ${wrong}:c2ln` }, [403, 'InvalidAccessKeyId']);
    }
    await rejects(proxy, { authorization: `AWS4-HMAC-SHA256 Credential=other/${KEY}/x` }, [
      403,
      'InvalidAccessKeyId',
    ]);
  });

  it('rejects an access key in the URL', async () => {
    const { status } = await request(
      proxy.url,
      `/acme-lake/a?X-Amz-Credential=${KEY}%2F${encodeURIComponent(scope)}`,
    );
    assert.equal(status, 401);
  });

  it('rejects requests sent by web pages from another origin, even if they contain the key', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:8080' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      await rejects(proxy, { authorization, ...headers }, [403, 'AccessDenied']);
    const preflight = await request(proxy.url, '/acme-lake/a', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
    });
    assert.equal(preflight.status, 403);
    assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  });

  it("accepts a browser's request if the user typed the address or the request comes from the same origin", async () => {
    await accepts(proxy, { authorization, 'sec-fetch-site': 'none' });
    await accepts(proxy, { authorization, 'sec-fetch-site': 'same-origin', origin: proxy.url });
  });

  it('rejects host names that an attacker could make resolve to this machine', async () => {
    for (const host of ['evil.example', 'evil.example:9000', '127.0.0.1.evil.example', '10.0.0.5', 'lake'])
      await rejects(proxy, { authorization, host }, [421, 'InvalidRequest']);
    for (const host of ['localhost:9000', '127.0.0.1', '[::1]:9000', '127.9.9.9'])
      await accepts(proxy, { authorization, host });
  });

  it('rejects a request target that is a full URL or not a path', async () => {
    for (const [target, status] of [
      ['http://evil.example/acme-lake/a', 421],
      [`${proxy.url}/acme-lake/a`, 400],
      ['*', 400],
    ] as const) {
      const text = `OPTIONS ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`;
      assert.match(await rawExchange(proxy.url, text), new RegExp(`^HTTP/1.1 ${status} `), target);
    }
  });

  it('rejects an empty Host header', async () => {
    const text = `GET / HTTP/1.1\r\nHost:\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`;
    assert.match(await rawExchange(proxy.url, text), /^HTTP\/1.1 421 /);
  });

  it('forwards only the headers on its allowlist, and adds its own token', async () => {
    await accepts(proxy, {
      authorization,
      cookie: 'secret',
      'x-goog-iap-jwt-assertion': 'x',
      'x-amz-security-token': 'x',
      'x-forwarded-for': '10.0.0.1',
      connection: 'close, x-amz-meta-hop',
      'x-amz-checksum-mode': 'ENABLED',
    });
    const headers = bridge.asked.at(-1)?.headers ?? {};
    assert.match(headers.authorization ?? '', /^Bearer ey/);
    assert.equal(headers['x-amz-checksum-mode'], 'ENABLED');
    for (const name of ['cookie', 'x-goog-iap-jwt-assertion', 'x-amz-security-token', 'x-forwarded-for'])
      assert.equal(headers[name], undefined, name);
  });

  it('makes browsers sandbox its documents, and removes cookies and CORS headers from responses', async () => {
    const { headers } = await proxy.get('/acme-lake/a.html');
    assert.equal(headers['content-security-policy'], 'sandbox');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.deepEqual([headers['set-cookie'], headers['access-control-allow-origin']], [undefined, undefined]);
  });
});

describe('a proxy without an access key', () => {
  it('accepts any local client, but still rejects web pages and foreign host names', async (test) => {
    const proxy = await startLocalProxy({ upstream: bridge.origin, fetchToken, accessKey: undefined });
    test.after(() => {
      proxy.close();
    });
    await accepts(proxy, {});
    await accepts(proxy, { authorization: 'Bearer anything' });
    await rejects(proxy, { origin: 'https://evil.example' }, [403, 'AccessDenied']);
    await rejects(proxy, { host: 'evil.example' }, [421, 'InvalidRequest']);
  });
});

describe('a proxy that other machines can reach', () => {
  it('requires the key, and accepts only IP addresses and host names that public DNS cannot redirect', async (test) => {
    const proxy = await startLocalProxy({ upstream: bridge.origin, fetchToken, remote: true });
    test.after(() => {
      proxy.close();
    });
    const authorization = `Bearer ${KEY}`;
    for (const host of ['10.0.0.5:9000', '[fd00::1]:9000', 'lake-proxy:9000'])
      await accepts(proxy, { authorization, host });
    await rejects(proxy, { authorization, host: 'evil.example' }, [421, 'InvalidRequest']);
    await rejects(proxy, { host: '10.0.0.5' }, [401, 'InvalidAccessKeyId']);
  });
});
