// A grant on the prefix `team/` covers the keys below `team/`, but neither the key `team` nor keys below `team-secret/`.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const KEYS = [
  'team/x',
  'team/sub/x',
  'team/',
  'team//x',
  'team',
  'team-secret/x',
  'teams',
  'my/team/x',
  'Team/x',
];
const GRANTED = ['team/x', 'team/sub/x', 'team/', 'team//x'];

describe('a grant on team/', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: [${callers.scoped}], allow: [get, list], bucket: acme-lake, prefix: team/ }
  - { callers: [${callers.reader}], allow: [get, list], bucket: acme-lake }
`,
    });
    for (const key of KEYS) await wire.put(key, `content of ${key}`);
  });
  after(() => wire.close());

  for (const key of KEYS) {
    const granted = GRANTED.includes(key);
    it(`${granted ? 'allows' : 'does not allow'} reading ${key}`, async () => {
      const all = await wire.get(`/acme-lake/${key}`, { as: 'reader' });
      assert.equal(all.text, `content of ${key}`, 'the object exists');
      const own = await wire.get(`/acme-lake/${key}`, { as: 'scoped' });
      if (granted) assert.equal(own.text, `content of ${key}`);
      else assert.deepEqual([own.status, own.headers['x-fedbridge-error']], [403, 'not_granted']);
    });
  }

  for (const [prefix, status] of [
    ['team/', 200],
    ['team/sub/', 200],
    ['team%2F', 200],
    ['team', 403],
    ['', 403],
    ['team-secret/', 403],
    ['/team/', 403],
    ['Team/', 403],
  ] as const) {
    it(`${status === 200 ? 'allows' : 'does not allow'} listing the prefix '${prefix}'`, async () => {
      const reply = await wire.get(`/acme-lake?list-type=2&prefix=${prefix}`, { as: 'scoped' });
      assert.equal(reply.status, status, reply.text);
      assert.equal(reply.headers['x-fedbridge-error'], status === 200 ? undefined : 'not_granted');
      const keys = [...reply.text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
      if (status === 200) assert.ok(keys.includes('team/sub/x'));
      assert.deepEqual(
        keys.filter((key) => !key?.startsWith('team/')),
        [],
      );
    });
  }

  it('does not allow listing without a prefix', async () => {
    assert.equal((await wire.get('/acme-lake?list-type=2', { as: 'scoped' })).status, 403);
    assert.equal((await wire.get('/acme-lake?list-type=2', { as: 'reader' })).status, 200);
  });
});
