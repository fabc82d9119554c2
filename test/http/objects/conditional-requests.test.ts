// All four conditional headers, separately and combined, work as in S3.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const KEY = '/acme-lake/raw/public/orders.csv';
const [PAST, FUTURE] = ['Sat, 01 Jan 2000 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT'];

/** Values of If-Match, with `E` for the object's ETag, and whether each value matches. */
const MATCHES = [
  ['E', true],
  ['"x"', false],
  ['*', true],
  ['"x", E', true],
  ['"x", "y"', false],
] as const;
/** Dates, and whether the object was modified after each. */
const DATES = [
  [PAST, true],
  [FUTURE, false],
] as const;

describe('request conditions', () => {
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

  it('by ETag may contain a single ETag, a list or *', async () => {
    for (const [text, matches] of MATCHES) {
      const tags = text.replace('E', etag);
      for (const method of ['GET', 'HEAD']) {
        assert.equal(await statusOf({ 'if-match': tags }, method), matches ? 200 : 412, `If-Match: ${tags}`);
        assert.equal(
          await statusOf({ 'if-none-match': tags }, method),
          matches ? 304 : 200,
          `If-None-Match: ${tags}`,
        );
      }
    }
  });

  it('by date are compared with Last-Modified', async () => {
    for (const [date, modifiedSince] of DATES) {
      assert.equal(await statusOf({ 'if-modified-since': date }), modifiedSince ? 200 : 304);
      assert.equal(await statusOf({ 'if-unmodified-since': date }), modifiedSince ? 412 : 200);
    }
    assert.equal(await statusOf({ 'if-modified-since': 'yesterday' }), 200);
    assert.equal(await statusOf({ 'if-unmodified-since': 'yesterday' }), 200);
  });

  it('by ETag take precedence over conditions by date', async () => {
    for (const [text, matches] of MATCHES) {
      for (const [date, modifiedSince] of DATES) {
        const tags = text.replace('E', etag);
        const label = `${tags} ${String(modifiedSince)}`;
        // For example, S3 ignores If-Unmodified-Since if If-Match matches (S3 API Reference, GetObject).
        assert.equal(
          await statusOf({ 'if-match': tags, 'if-unmodified-since': date }),
          matches ? 200 : 412,
          label,
        );
        assert.equal(
          await statusOf({ 'if-none-match': tags, 'if-modified-since': date }),
          matches ? 304 : 200,
          label,
        );
      }
    }
  });

  it('that result in 412 take precedence over conditions that result in 304', async () => {
    assert.equal(await statusOf({ 'if-match': '"x"', 'if-none-match': etag }), 412);
    assert.equal(await statusOf({ 'if-match': etag, 'if-none-match': etag }), 304);
    assert.equal(await statusOf({ 'if-unmodified-since': PAST, 'if-modified-since': FUTURE }), 412);
  });

  it('take precedence over ranges that cannot be satisfied', async () => {
    const range = 'bytes=9999-';
    assert.equal(await statusOf({ range, 'if-match': '"x"' }), 412);
    assert.equal(await statusOf({ range, 'if-none-match': etag }), 304);
    assert.equal((await wire.get(KEY, { headers: { authorization, range, 'if-match': etag } })).status, 416);
  });

  it('do not remove ETag and Last-Modified from a 304 response', async () => {
    const reply = await wire.get(KEY, { headers: { authorization, 'if-none-match': etag } });
    assert.equal(reply.headers.etag, etag);
    assert.ok(reply.headers['last-modified']);
    assert.equal(reply.headers['content-type'], undefined);
  });
});
