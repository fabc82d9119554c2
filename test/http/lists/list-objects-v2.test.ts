// Callers can list what their grants cover, and receive S3's own XML.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const keysOf = (xml: string): string[] =>
  [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);

describe('a listing', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  it('of the bucket contains its keys', async () => {
    const reply = await wire.get('/acme-lake?list-type=2', { as: 'reader' });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'application/xml');
    assert.ok(keysOf(reply.text).includes('raw/public/orders.csv'));
    assert.ok(keysOf(reply.text).includes('raw/private/salaries.csv'));
  });

  it('continues from page to page', async () => {
    const all = keysOf((await wire.get('/acme-lake?list-type=2', { as: 'reader' })).text);
    const paged: string[] = [];
    let token: string | undefined;
    do {
      const more = token === undefined ? '' : `&continuation-token=${encodeURIComponent(token)}`;
      const { text } = await wire.get(`/acme-lake/?list-type=2&max-keys=3${more}`, { as: 'reader' });
      paged.push(...keysOf(text));
      token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
    } while (token !== undefined);
    assert.deepEqual(paged, all);
  });

  it('of a granted prefix, or of a longer prefix, is allowed', async () => {
    for (const prefix of ['raw/public/', 'raw/public/2026/', 'raw/public/ord']) {
      const reply = await wire.get(`/acme-lake?list-type=2&prefix=${encodeURIComponent(prefix)}`, {
        as: 'scoped',
      });
      assert.equal(reply.status, 200, prefix);
      assert.ok(keysOf(reply.text).every((key) => key.startsWith(prefix)));
      assert.ok(keysOf(reply.text).length > 0);
    }
  });

  it('of a prefix that is not granted is denied', async () => {
    for (const query of [
      '',
      '&prefix=',
      '&prefix=raw/',
      '&prefix=raw/public',
      '&prefix=raw/private/',
      '&prefix=raw/public-too/',
    ]) {
      const reply = await wire.get(`/acme-lake?list-type=2${query}`, { as: 'scoped' });
      assert.equal(reply.status, 403, query);
      assert.equal(reply.headers['x-fedbridge-error'], 'not_granted');
    }
  });

  it('is rejected if a parameter is repeated, because two parsers could use different values', async () => {
    const reply = await wire.get('/acme-lake?list-type=2&prefix=raw/public/&prefix=', { as: 'scoped' });
    assert.equal(reply.status, 400);
    assert.equal(reply.code, 'InvalidArgument');
  });

  it('returns 501 if its parameters select a different S3 operation', async () => {
    for (const query of ['?acl', '?policy', '?list-type=2&versions', '?list-type=3', '?uploads']) {
      const reply = await wire.get(`/acme-lake${query}`, { as: 'reader' });
      assert.equal(reply.status, 501, query);
      assert.equal(reply.code, 'NotImplemented');
    }
  });

  it('of buckets contains only buckets that the caller may read', async () => {
    const names = async (as: 'reader' | 'stranger'): Promise<string[]> =>
      [...(await wire.get('/', { as })).text.matchAll(/<Name>([^<]*)</g)].map(([, name = '']) => name);
    assert.deepEqual(await names('reader'), ['acme-lake']);
    assert.deepEqual(await names('stranger'), []);
  });
});

describe('a bucket', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  it('has a location that its callers can read without a call to AWS', async () => {
    await wire.forgetCalls();
    const location = await wire.get('/acme-lake?location', { as: 'scoped' });
    assert.match(
      location.text,
      /<LocationConstraint xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/">eu-west-1</,
    );
    assert.deepEqual(await wire.calls('s3'), []);
    assert.deepEqual(await wire.calls('sts'), []);
  });

  it('is denied to callers without a grant, whether or not it exists', async () => {
    const there = await wire.get('/acme-lake', { as: 'stranger', method: 'HEAD' });
    const nowhere = await wire.get('/acme-nowhere', { as: 'stranger', method: 'HEAD' });
    assert.equal(there.status, 403);
    assert.equal(nowhere.status, 403);
  });
});
