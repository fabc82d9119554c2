// /-/whoami and /-/explain show callers whether they may obtain AWS credentials, with the same decision as a request for
// credentials.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { VEND_PATH, VENDING } from '../../support/vended.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const EXPLAIN = '/-/explain?bucket=acme-lake&action=vend';

describe('/-/explain with action=vend', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: VENDING });
  });
  after(() => wire.close());

  const explain = async (as: CallerName): Promise<unknown> => {
    const reply = await wire.get(EXPLAIN, { as });
    assert.equal(reply.status, 200, reply.text);
    return JSON.parse(reply.text) as unknown;
  };

  it('shows the grants to which the credentials are limited', async () => {
    assert.deepEqual(await explain('reader'), {
      bucket: 'acme-lake',
      action: 'vend',
      allowed: true,
      decidedBy: [
        {
          allow: ['get', 'list', 'vend'],
          prefix: 'raw/public/',
          matchedBy: [{ verifiedEmail: 'reader@acme-prod.iam.gserviceaccount.com' }],
        },
      ],
      why: 'You may obtain AWS credentials from /-/credentials. They allow only what these grants allow: get, list, and vend on raw/public/.',
    });
  });

  it('explains why a caller may not obtain credentials', async () => {
    assert.deepEqual(await explain('scoped'), {
      bucket: 'acme-lake',
      action: 'vend',
      allowed: false,
      decidedBy: [],
      why: 'None of your grants on this bucket lets you obtain AWS credentials. /-/whoami shows your identity and grants.',
      hint: 'Ask the operator if you need to call S3 directly.',
    });
  });

  it('makes the same decision as a request for credentials, without calling STS', async () => {
    for (const as of ['reader', 'scoped', 'stranger'] as const) {
      await wire.forgetCalls();
      const { allowed } = (await explain(as)) as { allowed: boolean };
      assert.deepEqual(await wire.calls('sts'), []);
      assert.equal((await wire.get(VEND_PATH, { as })).status === 200, allowed, as);
    }
  });

  it('rejects a key or prefix, because neither would narrow the credentials', async () => {
    for (const [parameter, status] of [
      ['key=a', 400],
      ['prefix=a/', 400],
      ['region=x', 501],
    ] as const)
      assert.equal((await wire.get(`${EXPLAIN}&${parameter}`, { as: 'reader' })).status, status, parameter);
    assert.equal((await wire.get('/-/explain?action=vend', { as: 'reader' })).status, 400);
  });

  it('is consistent with /-/whoami', async () => {
    const { mayRead } = JSON.parse((await wire.get('/-/whoami', { as: 'reader' })).text) as {
      mayRead: readonly { allow: readonly string[]; prefix: string }[];
    };
    assert.deepEqual(
      mayRead.map(({ prefix, allow }) => [prefix, allow.includes('vend')]),
      [
        ['raw/public/', true],
        ['', false],
      ],
    );
  });
});
