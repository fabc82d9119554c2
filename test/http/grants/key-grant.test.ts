// A grant on a key allows callers to read exactly that object, but not to list anything.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const NEIGHBORS = [
  'raw/one.csv/',
  'raw/one.csv2',
  'raw/one.cs',
  'raw/one.csv ',
  'raw/One.csv',
  'raw//one.csv',
  'raw/./one.csv',
  'raw/x/../one.csv',
  'raw/',
  'one.csv',
  'raw/star-a',
  'raw/star-',
];

describe('a grant on a key', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: [${callers.scoped}], allow: [get], bucket: acme-lake, key: raw/one.csv }
  - { callers: [${callers.scoped}], allow: [get], bucket: acme-lake, key: "raw/star-*" }
`,
    });
    for (const key of ['raw/one.csv', 'raw/star-*', ...NEIGHBORS]) await wire.put(key, `content of ${key}`);
  });
  after(() => wire.close());

  it('allows reading that object, however its key is escaped in the path', async () => {
    for (const path of ['raw/one.csv', 'raw%2Fone.csv', '%72aw/one%2ecsv'])
      assert.equal((await wire.get(`/acme-lake/${path}`, { as: 'scoped' })).text, 'content of raw/one.csv');
    const head = await wire.get('/acme-lake/raw/one.csv', { as: 'scoped', method: 'HEAD' });
    assert.equal(head.headers['content-length'], '22');
  });

  it('treats a star in the key literally', async () => {
    assert.equal((await wire.get('/acme-lake/raw/star-*', { as: 'scoped' })).text, 'content of raw/star-*');
  });

  for (const key of NEIGHBORS) {
    it(`does not allow reading '${key}'`, async () => {
      const reply = await wire.get(`/acme-lake/${key.replaceAll(' ', '%20')}`, { as: 'scoped' });
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'not_granted']);
    });
  }

  it('does not allow listing anything, not even that key', async () => {
    for (const prefix of ['', 'raw/', 'raw/one.csv'])
      assert.equal(
        (await wire.get(`/acme-lake?list-type=2&prefix=${prefix}`, { as: 'scoped' })).headers[
          'x-fedbridge-error'
        ],
        'not_granted',
      );
  });
});
