// The proxy returns the bridge's own responses. It reads with the machine's identity instead of the client's credentials.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readIdentityToken } from '../../src/identity/identity-token.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { KEY, startLocalProxy } from './local-proxy.ts';
import type { LocalProxy } from './local-proxy.ts';

const ORDERS = '/acme-lake/raw/public/orders.csv';

describe('the proxy in front of a bridge', () => {
  let wire: Wire;
  let proxy: LocalProxy;
  before(async () => {
    wire = await startWire();
    const fetchToken = async () => {
      const token = readIdentityToken(await wire.token('scoped'));
      assert.ok(token !== undefined);
      return token;
    };
    proxy = await startLocalProxy({ upstream: wire.bridge.url, fetchToken });
  });
  after(async () => {
    proxy.close();
    await wire.close();
  });

  it("returns the bridge's status, headers and bytes", async () => {
    const direct = await wire.get(ORDERS, { as: 'scoped' });
    const { status, headers, text } = await proxy.get(ORDERS);
    assert.deepEqual([status, text], [200, direct.text]);
    for (const name of ['etag', 'last-modified', 'content-type', 'content-length', 'accept-ranges'])
      assert.equal(headers[name], direct.headers[name], name);
  });

  it('does not forward requests to routes that return credentials', async () => {
    for (const path of [
      '/-/credentials',
      '/-/credentials?bucket=acme-lake&mode=aws',
      '/-/credentials/',
      '/-/CREDENTIALS',
      '/-/sts',
      '/-/whoami/../credentials',
    ]) {
      const { status, text } = await proxy.get(path);
      assert.equal(status, 403, path);
      assert.match(text, /does not forward this route/, path);
    }
    for (const path of ['/-/whoami', '/-/live', '/-/object?bucket=acme-lake&key=raw/public/orders.csv'])
      assert.equal((await proxy.get(path)).status, 200, path);
  });

  it('forwards ranges and conditions', async () => {
    const part = await proxy.get(ORDERS, { headers: { range: 'bytes=3-6' } });
    assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, 'item', 'bytes 3-6/55']);
    const { headers } = await proxy.get(ORDERS);
    const unchanged = await proxy.get(ORDERS, { headers: { 'if-none-match': String(headers.etag) } });
    assert.deepEqual([unchanged.status, unchanged.text], [304, '']);
  });

  it("forwards HEAD requests, and returns the object's length", async () => {
    const { status, headers, text } = await proxy.get(ORDERS, { method: 'HEAD' });
    assert.deepEqual([status, headers['content-length'], text], [200, '55', '']);
  });

  it('forwards a path byte for byte', async () => {
    for (const key of ['a//b', 'a/../b', 'a/./b', '%2e%2e/x', 'a+b %20c'.replace(' ', '%20'), "it's~(1)!*"]) {
      await wire.put(`raw/public/${decodeURIComponent(key)}`, key);
      const { status, text } = await proxy.get(`/acme-lake/raw/public/${key}`);
      assert.deepEqual([status, text], [200, key], key);
    }
  });

  it('reads with the permissions of its own identity, whatever credentials the client sends', async () => {
    const reader = await wire.token('reader');
    const { status } = await proxy.get('/acme-lake/raw/private/salaries.csv', {
      headers: { 'x-amz-security-token': reader, 'x-serverless-authorization': `Bearer ${reader}` },
    });
    assert.equal(status, 403);
    const who = await proxy.get('/-/whoami');
    assert.equal((JSON.parse(who.text) as { email: string }).email, wire.sandbox.contract.callers.scoped);
  });

  it('accepts its access key as the access key ID of an unmodified SDK', async (test) => {
    const client = new S3Client({
      endpoint: proxy.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: KEY, secretAccessKey: 'not-a-secret' },
    });
    test.after(() => {
      client.destroy();
    });
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket: 'acme-lake', Key: 'raw/public/orders.csv' }),
    );
    assert.match((await Body?.transformToString()) ?? '', /^id,item,quantity\n/);
  });

  it("returns the bridge's own error if a client tries to write", async () => {
    const { status, code } = await proxy.get('/acme-lake/raw/public/new', { method: 'PUT', body: 'x' });
    assert.deepEqual([status, code], [405, 'MethodNotAllowed']);
  });

  it('never reveals its token or access key to a client', async () => {
    const [, payload = ''] = (await wire.token('scoped')).split('.');
    for (const path of [
      ORDERS,
      '/-/whoami',
      '/acme-lake/raw/private/salaries.csv',
      '/acme-lake?list-type=2',
    ]) {
      const { text, rawHeaders } = await proxy.get(path);
      const shown = `${text}${rawHeaders.join()}`;
      assert.ok(!shown.includes(payload) && !shown.includes(KEY), path);
    }
  });
});
