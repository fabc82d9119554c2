// Off Google Cloud the bridge is its service account by a person's own Google login, and says which part of that is missing.
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
  /** With the login in `file`. */
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

  it('reads, and its role sees the unique ID as of a token of the metadata server, which is not asked', async () => {
    await assertServed(wire, next());
    await assertServed(wire, next());
    assert.deepEqual(await wire.calls('metadata'), []);
    const { serviceAccount, awsAudience } = wire.sandbox.contract;
    const asked = (await wire.calls('certs')).filter(({ path }) => String(path).includes('generateIdToken'));
    assert.equal(asked.length, 1, 'one token for all STS calls of its life');
    assert.equal(asked[0]?.['impersonates'], serviceAccount.email);
    assert.deepEqual(
      [asked[0]['audience'], asked[0]['includeEmail'], asked[0]['useEmailAzp']],
      [awsAudience, false, undefined],
    );
    assertNoSecrets(wire);
  });

  it('goes by its project and the host in sessions named after it', async () => {
    const calls = (await wire.calls('sts')) as readonly unknown[] as readonly { roleSessionName: string }[];
    assert.equal(calls[0]?.roleSessionName, bridgeSessionName(['acme-prod', hostname()]));
  });

  for (const [what, setting, fault] of [
    ['Google forbids it', { path: 'generateIdToken', fault: 'status', status: 403 }, 'impersonation_denied'],
    [
      'the account is deleted',
      { path: 'generateIdToken', fault: 'status', status: 404 },
      'impersonation_no_account',
    ],
    [
      'Google disowns the login',
      { path: 'generateIdToken', fault: 'status', status: 401 },
      'google_login_expired',
    ],
    ['Google fails', { path: 'generateIdToken', fault: 'status', status: 503 }, 'google_refused'],
    ['Google sends a page', { path: 'generateIdToken', fault: 'garbage' }, 'google_invalid_response'],
    ['Google sends nothing', { path: 'generateIdToken', fault: 'empty' }, 'google_invalid_response'],
    ['Google does not answer', { path: 'generateIdToken', fault: 'hang' }, 'google_timeout'],
    ['the login was revoked', { path: '/token', fault: 'status', status: 400 }, 'google_login_expired'],
    ['the login cannot be renewed', { path: '/token', fault: 'status', status: 500 }, 'google_refused'],
    ['a renewed login is a page', { path: '/token', fault: 'garbage' }, 'google_invalid_response'],
    ['the renewal stops amid its answer', { path: '/token', fault: 'stall', after: 10 }, 'google_timeout'],
    ['connections are reset', { path: '/token', fault: 'reset' }, 'google_unreachable'],
    ['Google cannot be connected to', { fault: 'refuse' }, 'google_unreachable'],
  ] as const) {
    it(`tells that ${what} as ${fault}, and goes on after that`, async () => {
      await wire.control('PUT', '/durations', { identityToken: SHORT_SECONDS });
      await wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
      await assertServed(wire, next());
      // A failure forgets the login, so that the access token is asked for again.
      await wire.fault({ supplier: 'certs', path: 'generateIdToken', fault: 'status', status: 404 });
      await assertFault(wire, next(), 'impersonation_no_account');
      await wire.clearFaults();
      await wire.fault({ supplier: 'certs', ...setting });
      await assertFault(wire, next(), fault);
      await wire.clearFaults();
      await assertServed(wire, account);
    });
  }

  it('takes up a new login without a restart', async () => {
    const login = await loginOf(wire.sandbox.contract);
    for (const [content, fault] of [
      [login.replace('sandbox-refresh', 'revoked-refresh'), 'google_login_expired'],
      ['{', 'google_login_missing'],
      ['{}', 'google_login_missing'],
    ] as const) {
      await wire.fault({ supplier: 'certs', path: 'generateIdToken', fault: 'status', status: 404 });
      await assertFault(wire, next(), 'impersonation_no_account');
      await wire.clearFaults();
      writeFileSync(file, content);
      await assertFault(wire, next(), fault);
      writeFileSync(file, login);
      await assertServed(wire, account);
    }
  });

  it('serves those who have credentials, whatever becomes of the login', async () => {
    await assertServed(wire, next());
    rmSync(file);
    await assertServed(wire, account);
  });
});

describe('a bridge that cannot impersonate', () => {
  for (const [what, email, fault] of [
    ['as nobody gave it the right to', 'stranger', 'impersonation_denied'],
    ['as there is no such account', 'nobody', 'impersonation_no_account'],
  ] as const) {
    it(`${what}, says ${fault}`, async (test) => {
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

  it('as nobody has logged in, says so at once, in its log alone', async (test) => {
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
    assert.deepEqual(await wire.calls('metadata'), [], 'no machine of Google Cloud is looked for');
    for (const line of wire.bridge.output().trim().split('\n')) assert.ok(line.startsWith('{'), line);
  });
});
