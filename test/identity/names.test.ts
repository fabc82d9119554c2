// Tests how the bridge identifies itself in session names if its identity does not come from the metadata server.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Config } from '../../src/config/types.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import type { GoogleSource, Identity } from '../../src/identity/identity.ts';

const MACHINE = { kind: 'machine' } as const;
const CLOUD_RUN = { kind: 'cloud-run', service: 'bridge', revision: 'bridge-00001' } as const;
const EMAIL = 'fedbridge@acme-prod.iam.gserviceaccount.com';

const identityFrom = (identity: GoogleSource, platform: Config['platform'] = MACHINE): Identity =>
  createIdentity({ identity, platform, aws: { audience: 'fedbridge' } });

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param claims the token's claims in addition to `exp` */
async function fromFile(claims: Readonly<Record<string, unknown>>): Promise<Identity> {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-names-'));
  const path = join(directory, 'token');
  const exp = Math.floor(Date.now() / 1000) + 3600;
  writeFileSync(path, `${part({ alg: 'RS256' })}.${part({ exp, ...claims })}.c2lnbmF0dXJl`);
  const identity = identityFrom({ kind: 'file', path });
  await identity.names();
  rmSync(directory, { recursive: true });
  return identity;
}

describe('the bridge', () => {
  it("identifies itself by the impersonated account's project and its own host name", async () => {
    const identity = identityFrom({ kind: 'impersonate', email: EMAIL });
    assert.deepEqual(await identity.names(), ['acme-prod', hostname()]);
    assert.equal(identity.project(), 'acme-prod');
  });

  it('identifies itself by its service and revision on Cloud Run, where host names are meaningless', async () => {
    const identity = identityFrom({ kind: 'impersonate', email: EMAIL }, CLOUD_RUN);
    assert.deepEqual(await identity.names(), ['acme-prod', 'bridge', 'bridge-00001']);
  });

  it('identifies itself by the project in the email claim of the token that it reads from a file', async () => {
    const identity = await fromFile({ sub: '104815162342108150001', email: EMAIL });
    assert.deepEqual(await identity.names(), ['acme-prod', hostname()]);
    assert.equal(identity.subject(), '104815162342108150001');
  });

  it('identifies itself by the word "fedbridge" if the project is unknown', async () => {
    for (const claims of [
      {},
      { email: 'person@example.com' },
      { email: '1@developer.gserviceaccount.com' },
    ]) {
      const identity = await fromFile(claims);
      assert.deepEqual(await identity.names(), ['fedbridge', hostname()]);
      assert.equal(identity.project(), undefined);
    }
  });
});
