// Every kind of Range works as in S3: malformed ranges are ignored, and ranges beyond the end get 416.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const BODY = '0123456789';

describe('the Range header', () => {
  let wire: Wire;
  let authorization: string;
  before(async () => {
    wire = await startWire();
    authorization = `Bearer ${await wire.token('reader')}`;
    await wire.put('raw/public/ten.txt', BODY);
    await wire.put('raw/public/empty.txt', '');
  });
  after(() => wire.close());

  const read = async (range: string, method: string, name = 'ten') =>
    wire.get(`/acme-lake/raw/public/${name}.txt`, { method, headers: { authorization, range } });

  for (const [range, from, to] of [
    ['bytes=0-0', 0, 0],
    ['bytes=2-5', 2, 5],
    ['bytes=9-9', 9, 9],
    ['bytes=5-', 5, 9],
    ['bytes=0-', 0, 9],
    ['bytes=0-9', 0, 9],
    ['bytes=0-999999', 0, 9],
    ['bytes=-1', 9, 9],
    ['bytes=-10', 0, 9],
    ['bytes=-999', 0, 9],
  ] as const) {
    it(`${range} gets 206 with exactly that range, and HEAD gets 206 without a body`, async () => {
      const [part, head] = [await read(range, 'GET'), await read(range, 'HEAD')];
      assert.deepEqual([part.status, part.text], [206, BODY.slice(from, to + 1)]);
      assert.deepEqual([head.status, head.text], [206, '']);
      for (const { headers } of [part, head]) {
        assert.equal(headers['content-range'], `bytes ${from}-${to}/10`);
        assert.equal(headers['content-length'], String(to - from + 1));
        assert.equal(headers['accept-ranges'], 'bytes');
      }
    });
  }

  for (const range of [
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=0--1',
    'bytes=1',
    'items=0-1',
    'nonsense',
    'bytes=0-1,3-4',
    'bytes=0-0, -1',
    'bytes=0x1-2',
  ]) {
    it(`${range} is ignored, so the response is 200 with the whole object`, async () => {
      const reply = await read(range, 'GET');
      assert.deepEqual([reply.status, reply.text], [200, BODY]);
      assert.equal(reply.headers['content-range'], undefined);
    });
  }

  for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=-0']) {
    it(`${range} gets 416 with the object's size`, async () => {
      const reply = await read(range, 'GET');
      assert.deepEqual([reply.status, reply.code], [416, 'InvalidRange']);
      assert.match(reply.text, new RegExp(`<RangeRequested>${range}</RangeRequested>`));
      assert.match(reply.text, /<ActualObjectSize>10<\/ActualObjectSize>/);
      assert.equal(reply.headers['content-range'], 'bytes */10');
      assert.equal((await read(range, 'HEAD')).status, 416);
    });
  }

  it('gets 416 for an empty object, but is ignored if it is malformed', async () => {
    assert.equal((await read('bytes=0-', 'GET', 'empty')).status, 416);
    const malformed = await read('bytes=0--1', 'GET', 'empty');
    assert.deepEqual([malformed.status, malformed.headers['content-length']], [200, '0']);
  });
});
