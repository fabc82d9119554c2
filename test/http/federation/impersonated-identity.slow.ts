// Outside Google Cloud the bridge impersonates its service account with a user's Google login, and reports why impersonation
// fails.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bridgeSessionName } from '../../../src/federation/session-name.ts';
import type { SandboxContract } from '../../../src/sandbox/sandbox.ts';
import { assertFault, assertNoSecrets, assertServed, SHORT_SECONDS } from '../../support/failed-identity.ts';
import { request } from '../../support/http-request.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const impersonating =
  (email?: string) =>
  (contract: SandboxContract): string =>
    openToProject(`identity: { impersonate: ${email ?? contract.serviceAccount.email} }`)(contract);

const loginOf = async ({ control }: SandboxContract): Promise<string> =>
  (await request(control, '/adc')).text;

describe('a bridge that impersonates its service account', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-login-'));
  const file = join(directory, 'application_default_credentials.json');
  /** Starts a bridge that uses the Google login stored in `file`. */
  const start = (): Promise<Wire> =>
    startWire({
      config: impersonating(),
      environment: async (contract) => {
        writeFileSync(file, await loginOf(contract));
        return { GOOGLE_APPLICATION_CREDENTIALS: file, LOG_LEVEL: 'trace' };
      },
    });
  let wire: Wire;
  before(async () => {
    wire = await start();
  });
  after(async () => {
    await wire.close();
    rmSync(directory, { recursive: true });
  });
  let account = 0;
  const next = (): number => (account += 1);

  it("serves reads with the service account's unique ID, without calling the metadata server", async () => {
    await assertServed(wire, next());
    await assertServed(wire, next());
    assert.deepEqual(await wire.calls('metadata'), []);
    const { serviceAccount, awsAudience } = wire.sandbox.contract;
    const tokenRequests = (await wire.calls('certs')).filter(({ path }) =>
      String(path).includes('generateIdToken'),
    );
    assert.equal(tokenRequests.length, 1, 'one token for all STS calls until it expires');
    assert.equal(tokenRequests[0]?.['impersonates'], serviceAccount.email);
    assert.deepEqual(
      [tokenRequests[0]['audience'], tokenRequests[0]['includeEmail'], tokenRequests[0]['useEmailAzp']],
      [awsAudience, false, undefined],
    );
    assertNoSecrets(wire);
  });

  it('includes its project and host name in the names of its AWS sessions', async () => {
    const calls = (await wire.calls('sts')) as readonly unknown[] as readonly { roleSessionName: string }[];
    assert.equal(calls[0]?.roleSessionName, bridgeSessionName(['acme-prod', hostname()]));
  });

  for (const [what, setting, fault] of [
    ['Google denies it', { path: 'generateIdToken', fault: 'status', status: 403 }, 'impersonation_denied'],
    [
      'the account is deleted',
      { path: 'generateIdToken', fault: 'status', status: 404 },
      'impersonation_no_account',
    ],
    [
      'Google rejects the login',
      { path: 'generateIdToken', fault: 'status', status: 401 },
      'google_login_expired',
    ],
    ['Google fails', { path: 'generateIdToken', fault: 'status', status: 503 }, 'google_refused'],
    ['Google sends a web page', { path: 'generateIdToken', fault: 'garbage' }, 'google_invalid_response'],
    [
      'Google sends an empty response',
      { path: 'generateIdToken', fault: 'empty' },
      'google_invalid_response',
    ],
    ['Google does not respond', { path: 'generateIdToken', fault: 'hang' }, 'google_timeout'],
    ['the login was revoked', { path: '/token', fault: 'status', status: 400 }, 'google_login_expired'],
    ['the login cannot be refreshed', { path: '/token', fault: 'status', status: 500 }, 'google_refused'],
    ['the refresh response is a web page', { path: '/token', fault: 'garbage' }, 'google_invalid_response'],
    ['the refresh stalls mid-response', { path: '/token', fault: 'stall', after: 10 }, 'google_timeout'],
    ['connections are reset', { path: '/token', fault: 'reset' }, 'google_unreachable'],
    ['Google refuses connections', { fault: 'refuse' }, 'google_unreachable'],
  ] as const) {
    it(`reports ${fault} if ${what}, and recovers`, async () => {
      await wire.control('PUT', '/durations', { identityToken: SHORT_SECONDS });
      await wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
      await assertServed(wire, next());
      // After a failed impersonation, the bridge drops the cached login and requests a new access token.
      await wire.fault({ upstream: 'certs', path: 'generateIdToken', fault: 'status', status: 404 });
      await assertFault(wire, next(), 'impersonation_no_account');
      await wire.clearFaults();
      await wire.fault({ upstream: 'certs', ...setting });
      await assertFault(wire, next(), fault);
      await wire.clearFaults();
      await assertServed(wire, account);
    });
  }

  it('uses a new login without a restart', async () => {
    const login = await loginOf(wire.sandbox.contract);
    for (const [content, fault] of [
      [login.replace('sandbox-refresh', 'revoked-refresh'), 'google_login_expired'],
      ['{', 'google_login_missing'],
      ['{}', 'google_login_missing'],
    ] as const) {
      await wire.fault({ upstream: 'certs', path: 'generateIdToken', fault: 'status', status: 404 });
      await assertFault(wire, next(), 'impersonation_no_account');
      await wire.clearFaults();
      writeFileSync(file, content);
      await assertFault(wire, next(), fault);
      writeFileSync(file, login);
      await assertServed(wire, account);
    }
  });

  it('serves callers with cached credentials even if the login file has been deleted', async () => {
    await assertServed(wire, next());
    rmSync(file);
    await assertServed(wire, account);
  });
});

describe('a bridge that cannot impersonate its service account', () => {
  for (const [what, email, fault] of [
    ['it lacks the permission', 'stranger', 'impersonation_denied'],
    ['the account does not exist', 'nobody', 'impersonation_no_account'],
  ] as const) {
    it(`reports ${fault} if ${what}`, async (test) => {
      const directory = mkdtempSync(join(tmpdir(), 'fedbridge-login-'));
      const file = join(directory, 'adc.json');
      const wire = await startWire({
        config: impersonating(`${email}@acme-prod.iam.gserviceaccount.com`),
        environment: async (contract) => {
          writeFileSync(file, await loginOf(contract));
          return { GOOGLE_APPLICATION_CREDENTIALS: file };
        },
        ready: false,
      });
      test.after(async () => {
        await wire.close();
        rmSync(directory, { recursive: true });
      });
      await assertFault(wire, 1, fault);
    });
  }

  it('reports a missing login immediately, and only in its log', async (test) => {
    const directory = mkdtempSync(join(tmpdir(), 'fedbridge-home-'));
    const wire = await startWire({
      config: impersonating(),
      environment: { HOME: directory },
      ready: false,
    });
    test.after(async () => {
      await wire.close();
      rmSync(directory, { recursive: true });
    });
    await assertFault(wire, 1, 'google_login_missing');
    assert.deepEqual(await wire.calls('metadata'), [], 'the metadata server is not probed');
    for (const line of wire.bridge.output().trim().split('\n')) assert.ok(line.startsWith('{'), line);
  });
});
