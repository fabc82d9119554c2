// `/-/object?bucket=&key=` serves any object by its form-encoded key, for callers behind a proxy that rewrites paths.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf, READER_MAY_ALL } from '../../support/configuration.ts';
import { keepVersions } from '../../support/owner.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const ODD_KEYS = [
  'a/../b',
  './a',
  '..',
  '//',
  '/leading',
  'trailing/',
  'healthz',
  'a+b',
  'a b',
  'a%2Fb',
  '%',
  'a&b=c',
  'a=b',
  'a?b#c',
  'é日本😀',
  '\u0001\u007f\n',
  '-/object',
  'k'.repeat(1024),
];

describe('an object named in the query', () => {
  let wire: Wire;
  before(async () => {
    const scoped = `callers: [${emailOf('scoped')}], allow: [get], bucket: acme-lake, prefix: raw/public/`;
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL, scoped] }) });
    await keepVersions(wire);
    await wire.put('q/a b.txt', '0123456789', { ContentType: 'text/plain' });
  });
  after(() => wire.close());

  for (const key of ODD_KEYS) {
    it(`can have the key ${JSON.stringify(key).slice(0, 30)}`, async () => {
      await wire.put(key, `this is ${key}`);
      const query = new URLSearchParams({ bucket: 'acme-lake', key }).toString();
      const reply = await wire.get(`/-/object?${query}`, { as: 'reader' });
      assert.equal(reply.text, `this is ${key}`);
      const otherOrder = await wire.get(`/-/object?key=${encodeURIComponent(key)}&bucket=acme-lake`, {
        as: 'reader',
      });
      assert.equal(otherOrder.text, `this is ${key}`);
    });
  }

  const PATH = '/-/object?bucket=acme-lake&key=q/a+b.txt';

  it('supports HEAD, ranges, conditions, versions, response overrides and tags', async () => {
    const whole = await wire.get(PATH, { as: 'reader' });
    assert.deepEqual([whole.text, whole.headers['content-type']], ['0123456789', 'text/plain']);
    const head = await wire.get(PATH, { as: 'reader', method: 'HEAD' });
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '10', '']);
    const part = await wire.get(PATH, { as: 'reader', headers: { range: 'bytes=2-4' } });
    assert.deepEqual([part.status, part.text], [206, '234']);
    const same = await wire.get(PATH, {
      as: 'reader',
      headers: { 'if-none-match': whole.headers.etag ?? '' },
    });
    assert.deepEqual([same.status, same.text], [304, '']);
    const version = String(whole.headers['x-amz-version-id']);
    await wire.put('q/a b.txt', 'newer');
    assert.equal((await wire.get(`${PATH}&versionId=${version}`, { as: 'reader' })).text, '0123456789');
    const override = await wire.get(`${PATH}&response-content-type=a/b&x-id=GetObject`, { as: 'reader' });
    assert.equal(override.headers['content-type'], 'a/b');
    assert.match((await wire.get(`${PATH}&tagging`, { as: 'reader' })).text, /<Tagging /);
  });

  it('is subject to the same grants as an object named in the path', async () => {
    const query = '/-/object?bucket=acme-lake&key=raw/';
    assert.equal((await wire.get(`${query}public/orders.csv`, { as: 'scoped' })).status, 200);
    for (const key of [
      'private/salaries.csv',
      'public',
      'public%252Forders.csv',
      'public/../private/salaries.csv',
    ]) {
      const reply = await wire.get(query + key, { as: 'scoped' });
      // Only the last key begins with the granted prefix, because `..` has no special meaning in an S3 key. S3 denies this
      // read, because no such key exists and the caller has no permission to list objects.
      assert.equal(reply.status, 403, key);
    }
  });

  it('is rejected if its bucket or key is missing, empty, repeated or invalid', async () => {
    for (const path of [
      '/-/object',
      '/-/object?',
      '/-/object?bucket=acme-lake',
      '/-/object?key=a',
      '/-/object?bucket=&key=a',
      '/-/object?bucket=acme-lake&key=',
      '/-/object?bucket=acme-lake&key',
      '/-/object?bucket=A&key=a',
      '/-/object?bucket=acme-lake&key=a&key=b',
      '/-/object?bucket=acme-lake&bucket=acme-lake&key=a',
      '/-/object?bucket=acme-lake&key=%00',
      '/-/object?bucket=acme-lake&key=%zz',
      '/-/object?bucket=acme-lake&key=%C3',
      `/-/object?bucket=acme-lake&key=${'k'.repeat(1025)}`,
    ]) {
      const reply = await wire.get(path, { as: 'reader' });
      assert.deepEqual(
        [reply.status, reply.headers['content-type']],
        [400, 'application/problem+json'],
        path,
      );
      assert.equal((JSON.parse(reply.text) as { error: string }).error, 'invalid_request');
    }
  });

  it('that does not exist returns 404 with a problem document', async () => {
    const reply = await wire.get('/-/object?bucket=acme-lake&key=absent', { as: 'reader' });
    const problem = JSON.parse(reply.text) as Record<string, unknown>;
    assert.deepEqual([reply.status, problem['status'], problem['error']], [404, 404, 'not_found']);
  });

  it('cannot be read without a token or with a token in the URL', async () => {
    const reply = await wire.get(PATH);
    assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [401, 'unauthenticated']);
    const inUrl = await wire.get(`${PATH}&access_token=${await wire.token('reader')}`);
    assert.equal(inUrl.status, 400);
  });
});
