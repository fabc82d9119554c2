// Each caller gets only what its own grants allow, however many requests from other callers run at the same time.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import type { Reply } from '../../support/http-request.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const CALLERS = ['reader', 'scoped', 'stranger'] as const;

describe('concurrent requests by several callers', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
${CALLERS.map((name) => `  - { callers: [${callers[name]}], allow: [get, list], bucket: acme-lake, prefix: of-${name}/ }`).join('\n')}
`,
    });
    for (const name of CALLERS) await wire.put(`of-${name}/report`, `only for ${name}`);
  });
  after(() => wire.close());

  /** In the first run no token or session is cached, so token verification, STS calls and reads overlap. */
  const requestAll = (): Promise<readonly { caller: string; owner: string; reply: Reply }[]> =>
    Promise.all(
      Array.from({ length: 120 }, async (_, i) => {
        const caller = CALLERS[i % 3] ?? assert.fail();
        const owner = CALLERS[Math.floor(i / 3) % 3] ?? assert.fail();
        const path =
          i % 2 === 0 ? `/acme-lake/of-${owner}/report` : `/acme-lake?list-type=2&prefix=of-${owner}/`;
        const token = wire.sandbox.mint(googleClaims(wire, caller, { jti: String(i % 30) }));
        return { caller, owner, reply: await wire.get(path, { headers: asBearer(token) }) };
      }),
    );

  for (const caches of ['cold', 'warm']) {
    it(`return only objects that their own caller may read, with ${caches} caches`, async () => {
      for (const { caller, owner, reply } of await requestAll()) {
        const { status, text, headers } = reply;
        assert.equal(status, caller === owner ? 200 : 403, `${caller} requests ${owner}'s data: ${text}`);
        assert.equal(headers['x-fedbridge-error'], caller === owner ? undefined : 'not_granted');
        const others = CALLERS.filter((name) => name !== caller);
        for (const other of others) {
          assert.ok(!text.includes(`only for ${other}`));
          assert.ok(!text.includes(`<Key>of-${other}/`));
        }
        if (status === 200) assert.match(text, new RegExp(`only for ${caller}|<Key>of-${caller}/report`));
      }
    });
  }

  it('use one AWS session per caller', async () => {
    const names = (await wire.calls('sts')).map(({ roleSessionName }) => String(roleSessionName));
    assert.deepEqual(
      names.filter((name) => name.endsWith('@acme-prod')).sort(),
      CALLERS.map((caller) => `${caller}@acme-prod`).sort(),
    );
  });
});
