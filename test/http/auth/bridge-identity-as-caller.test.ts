// The bridge's own service account cannot be a caller, even if grants name it: its token could be obtained from the bridge.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SandboxContract } from '../../../src/sandbox/sandbox.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const config = ({ audience, role, serviceAccount }: SandboxContract): string => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - callers: [${serviceAccount.email}, "${serviceAccount.uniqueId}", "project:acme-prod"]
    allow: [get, list]
    bucket: acme-lake
`;

describe("the bridge's own service account", () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config });
  });
  after(() => wire.close());

  it("cannot read or list anything, regardless of its token's format", async () => {
    const full = wire.sandbox.mint(googleClaims(wire, 'bridge'));
    const standard = wire.sandbox.mint(googleClaims(wire, 'bridge', { email: undefined }));
    await wire.forgetCalls();
    for (const headers of [asBearer(full), asBearer(standard), asS3Client(full)]) {
      for (const path of [READABLE, '/acme-lake?list-type=2', '/acme-lake?location', '/']) {
        const reply = await wire.get(path, { headers });
        assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied'], path);
        assert.equal(reply.headers['x-fedbridge-error'], 'not_granted');
        assert.match(reply.text, /own service account cannot be a caller/);
        await assertLogged(wire, reply, 'caller_is_bridge');
      }
      assert.equal((await wire.get('/-/whoami', { headers })).status, 403);
    }
    for (const upstream of ['sts', 's3'] as const) assert.deepEqual(await wire.calls(upstream), []);
  });

  it('is denied, but other accounts in the same project are not', async () => {
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
  });

  it('is denied even before the bridge has determined its own identity', async () => {
    const metadata = { upstream: 'metadata', fault: 'status', status: 404 };
    const early = await startWire({ config, ready: false, faults: [metadata] });
    await early.bridge.line(({ message }) => String(message).includes('could not be assumed'));
    await early.clearFaults();
    const headers = asBearer(early.sandbox.mint(googleClaims(early, 'bridge')));
    const reply = await early.get(READABLE, { headers });
    await early.close();
    assert.equal(reply.headers['x-fedbridge-error'], 'not_granted', reply.text);
  });
});
