// The identity token may come from a file that a separate process refreshes. The bridge rereads the file before the token
// expires.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertFault, assertServed, SHORT_SECONDS } from '../../support/failed-identity.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const QUARTER_SECONDS = 15 * 60;

describe('a token file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-token-'));
  const file = join(directory, 'token');
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject(`identity: { file: ${file} }`), ready: false });
  });
  after(async () => {
    await wire.close();
    rmSync(directory, { recursive: true });
  });
  let account = 0;
  const next = (): number => (account += 1);

  /** @returns an identity token for the bridge @param life seconds until the token expires */
  const token = (life: number, more: Readonly<Record<string, unknown>> = {}): string => {
    const { serviceAccount, awsAudience } = wire.sandbox.contract;
    const id = serviceAccount.uniqueId;
    const exp = Math.floor(Date.now() / 1000) + life;
    return wire.sandbox.mint({ aud: awsAudience, azp: id, sub: id, exp, ...more });
  };
  const faultOf = async (n: number): Promise<unknown> => {
    const { headers } = await wire.get(READABLE, { headers: asAccount(wire, n) });
    const line = await wire.bridge.line(({ requestId }) => requestId === headers['x-request-id']);
    return line['fault'];
  };
  /**
   * Makes the bridge drop its cached token and read a new one from the file. @param life seconds until the new token expires
   */
  const replaceCached = async (life: number): Promise<void> => {
    writeFileSync(file, token(life));
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
    await assertServed(wire, next());
  };

  it('that does not exist yet is reported as unreadable, and is read once it exists', async () => {
    await assertFault(wire, next(), 'token_file_unreadable');
    writeFileSync(file, `\n ${token(3600, { email: wire.sandbox.contract.serviceAccount.email })} \n`);
    await assertServed(wire, account);
    assert.deepEqual(await wire.calls('metadata'), []);
  });

  it('that disappears does not cause errors while its token is valid', async () => {
    rmSync(file);
    await assertServed(wire, account);
    await wire.forgetCalls();
    await assertServed(wire, next());
    assert.equal((await sessionsAtSts(wire)).length, 1, 'STS receives the cached token');
  });

  it('that has disappeared causes errors only for callers without credentials, and only until it is restored', async () => {
    const served = account;
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'ExpiredTokenException', times: 1 });
    assert.equal(await faultOf(next()), 'token_file_unreadable');
    await assertServed(wire, served);
    writeFileSync(file, token(3600));
    await assertServed(wire, account);
  });

  it('is read again for each STS call if its token is about to expire', async () => {
    await replaceCached(SHORT_SECONDS);
    writeFileSync(file, token(3600));
    await assertServed(wire, next());
    rmSync(file);
    await assertServed(wire, next());
  });

  for (const [what, put, fault] of [
    [
      'is a directory',
      () => {
        mkdirSync(file);
      },
      'token_file_unreadable',
    ],
    ['is a pipe', () => execFileSync('mkfifo', [file]), 'token_file_unreadable'],
    [
      'is empty',
      () => {
        writeFileSync(file, '');
      },
      'token_file_invalid',
    ],
    [
      'is too large',
      () => {
        writeFileSync(file, `${token(3600)}${'A'.repeat(20_000)}`);
      },
      'token_file_invalid',
    ],
    [
      'contains no JSON Web Token',
      () => {
        writeFileSync(file, 'ya29.access-token');
      },
      'token_file_invalid',
    ],
    [
      'contains more than one token',
      () => {
        writeFileSync(file, `${token(3600)}\n${token(3600)}`);
      },
      'token_file_invalid',
    ],
    [
      'contains half a token',
      () => {
        writeFileSync(file, token(3600).slice(0, 100));
      },
      'token_file_invalid',
    ],
    [
      'is binary',
      () => {
        writeFileSync(file, Buffer.from([0, 255, 254, 0]));
      },
      'token_file_invalid',
    ],
    [
      'contains a long-expired token',
      () => {
        writeFileSync(file, token(-QUARTER_SECONDS - 60));
      },
      'token_file_expired',
    ],
  ] as const) {
    it(`that ${what} is reported as ${fault}`, async () => {
      rmSync(file, { force: true, recursive: true });
      await replaceCached(SHORT_SECONDS);
      rmSync(file);
      put();
      await assertFault(wire, next(), fault);
      rmSync(file, { recursive: true });
      writeFileSync(file, token(3600));
      await assertServed(wire, account);
    });
  }

  it("is used even if its token has expired according to the bridge's clock, which might be wrong", async () => {
    rmSync(file);
    await replaceCached(SHORT_SECONDS);
    await wire.control('PUT', '/clock', { offsetSeconds: -600, upstream: 'sts' });
    await wire.control('PUT', '/durations', { credentials: 7200 });
    writeFileSync(file, token(-60));
    await assertServed(wire, next());
    await wire.control('PUT', '/clock', { offsetSeconds: 0, upstream: 'sts' });
    // Now that STS's clock matches the bridge's again, STS also considers the token expired.
    await wire.forgetCalls();
    assert.equal(await faultOf(next()), 'token_file_expired');
    assert.equal((await sessionsAtSts(wire)).length, 1);
  });
});
