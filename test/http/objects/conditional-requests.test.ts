// All four conditions, alone and together, decide as S3 lets them decide.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const KEY = '/acme-lake/raw/public/orders.csv';
const [PAST, FUTURE] = ['Sat, 01 Jan 2000 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT'];

/** What each says, how it is written, and whether it holds. `E` is the object's ETag. */
const MATCHES = [
  ['E', true],
  ['"x"', false],
  ['*', true],
  ['"x", E', true],
  ['"x", "y"', false],
] as const;
const DATES = [
  [PAST, true],
  [FUTURE, false],
] as const;

describe('conditions', () => {
  let wire: Wire;
  let authorization: string;
  let etag: string;
  before(async () => {
    wire = await startWire();
    authorization = `Bearer ${await wire.token('reader')}`;
    etag = (await wire.get(KEY, { as: 'reader', method: 'HEAD' })).headers.etag ?? '';
  });
  after(() => wire.close());

  const statusOf = async (conditions: Record<string, string>, method = 'GET'): Promise<number> => {
    const reply = await wire.get(KEY, { method, headers: { authorization, ...conditions } });
    assert.ok(reply.status === 200 || reply.status === 412 || reply.body.length === 0);
    return reply.status;
  };

  it('by ETag are lists, * and single tags', async () => {
    for (const [text, names] of MATCHES) {
      const tags = text.replace('E', etag);
      for (const method of ['GET', 'HEAD']) {
        assert.equal(await statusOf({ 'if-match': tags }, method), names ? 200 : 412, `If-Match: ${tags}`);
        assert.equal(
          await statusOf({ 'if-none-match': tags }, method),
          names ? 304 : 200,
          `If-None-Match: ${tags}`,
        );
      }
    }
  });

  it('by date compare with Last-Modified', async () => {
    for (const [date, modifiedSince] of DATES) {
      assert.equal(await statusOf({ 'if-modified-since': date }), modifiedSince ? 200 : 304);
      assert.equal(await statusOf({ 'if-unmodified-since': date }), modifiedSince ? 412 : 200);
    }
    assert.equal(await statusOf({ 'if-modified-since': 'yesterday' }), 200);
    assert.equal(await statusOf({ 'if-unmodified-since': 'yesterday' }), 200);
  });

  it('by ETag go before those by date', async () => {
    for (const [text, names] of MATCHES) {
      for (const [date, modifiedSince] of DATES) {
        const tags = text.replace('E', etag);
        const label = `${tags} ${String(modifiedSince)}`;
        // S3 API Reference, GetObject: a true If-Match makes If-Unmodified-Since not count, and so on.
        assert.equal(
          await statusOf({ 'if-match': tags, 'if-unmodified-since': date }),
          names ? 200 : 412,
          label,
        );
        assert.equal(
          await statusOf({ 'if-none-match': tags, 'if-modified-since': date }),
          names ? 304 : 200,
          label,
        );
      }
    }
  });

  it('that fail come before those that would give 304', async () => {
    assert.equal(await statusOf({ 'if-match': '"x"', 'if-none-match': etag }), 412);
    assert.equal(await statusOf({ 'if-match': etag, 'if-none-match': etag }), 304);
    assert.equal(await statusOf({ 'if-unmodified-since': PAST, 'if-modified-since': FUTURE }), 412);
  });

  it('come before ranges that cannot be satisfied', async () => {
    const range = 'bytes=9999-';
    assert.equal(await statusOf({ range, 'if-match': '"x"' }), 412);
    assert.equal(await statusOf({ range, 'if-none-match': etag }), 304);
    assert.equal((await wire.get(KEY, { headers: { authorization, range, 'if-match': etag } })).status, 416);
  });

  it('that give 304 name the object all the same', async () => {
    const reply = await wire.get(KEY, { headers: { authorization, 'if-none-match': etag } });
    assert.equal(reply.headers.etag, etag);
    assert.ok(reply.headers['last-modified']);
    assert.equal(reply.headers['content-type'], undefined);
  });
});
