// /-/whoami shows callers their own identity and what they may read. It shows nothing about other callers, roles or accounts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('/-/whoami', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake }, b-second: { role: lake, target: acme-lake } }
grants:
  - { callers: [${callers.reader}], allow: [get, list], bucket: b-second }
  - { callers: [${callers.reader}, ${callers.scoped}], allow: [get, list], bucket: acme-lake, prefix: raw/public/ }
  - { callers: [${callers.reader}], allow: [get], bucket: acme-lake, key: README.txt }
`,
    });
  });
  after(() => wire.close());

  it("shows the caller's email, unique ID and session name, and everything that the caller may read", async () => {
    const reply = await wire.get('/-/whoami', { as: 'reader' });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.deepEqual(JSON.parse(reply.text), {
      email: 'reader@acme-prod.iam.gserviceaccount.com',
      uniqueId: '112010400000000710080',
      sessionName: 'reader@acme-prod',
      mayRead: [
        { bucket: 'acme-lake', prefix: 'raw/public/', allow: ['get', 'list'] },
        { bucket: 'acme-lake', key: 'README.txt', allow: ['get'] },
        { bucket: 'b-second', prefix: '', allow: ['get', 'list'] },
      ],
    });
  });

  it('gives a hint if the caller has no access and its token has no email', async () => {
    const hintOf = async (format: 'standard' | 'full'): Promise<string> => {
      const headers = asBearer(await wire.token('stranger', { format }));
      const whoami = JSON.parse((await wire.get('/-/whoami', { headers })).text) as Record<string, unknown>;
      return `${String(whoami['email'])} ${String(whoami['hint'])}`;
    };
    assert.match(await hintOf('standard'), /^null .*format=full/);
    assert.match(await hintOf('full'), /^stranger@\S+ undefined$/);
  });

  it("does not reveal other callers' grants, roles or AWS accounts", async () => {
    const { text } = await wire.get('/-/whoami', { as: 'scoped' });
    assert.doesNotMatch(text, /b-second|README|reader|arn:|123456789012/);
  });

  it('responds with 401 if the request has no token', async () => {
    const reply = await wire.get('/-/whoami');
    assert.equal(reply.status, 401);
    assert.equal(reply.headers['content-type'], 'application/problem+json');
    const problem = JSON.parse(reply.text) as Record<string, unknown>;
    assert.deepEqual(
      [problem['status'], problem['error'], problem['requestId']],
      [401, 'unauthenticated', reply.headers['x-request-id']],
    );
    assert.match(reply.headers['www-authenticate'] ?? '', /^Bearer realm="fedbridge", error_description=/);
  });

  it('does not call STS or S3', async () => {
    await wire.forgetCalls();
    await wire.get('/-/whoami', { as: 'reader' });
    for (const upstream of ['sts', 's3'] as const) assert.deepEqual(await wire.calls(upstream), []);
  });

  it('responds to HEAD without a body, and returns 404 for other spellings of its path', async () => {
    const head = await wire.get('/-/whoami', { as: 'reader', method: 'HEAD' });
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    for (const path of ['/-/whoami/', '/-/WHOAMI', '/-/x/../whoami', '/-//whoami'])
      assert.equal((await wire.get(path, { as: 'reader' })).status, 404, path);
  });
});
