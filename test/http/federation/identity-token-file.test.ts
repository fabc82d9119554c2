// The identity token may be in a file that something else keeps fresh: read anew as it ends, and told of where it is no good.
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

  /** The bridge's own. @param life seconds that it has left */
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
  /** Until then the bridge holds the last token that it has read. */
  const replaceHeld = async (life: number): Promise<void> => {
    writeFileSync(file, token(life));
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
    await assertServed(wire, next());
  };

  it('that is not there yet is told of, and read when it is', async () => {
    await assertFault(wire, next(), 'token_file_unreadable');
    writeFileSync(file, `\n ${token(3600, { email: wire.sandbox.contract.serviceAccount.email })} \n`);
    await assertServed(wire, account);
    assert.deepEqual(await wire.calls('metadata'), []);
  });

  it('that vanishes is not missed while its token is good', async () => {
    rmSync(file);
    await assertServed(wire, account);
    await wire.forgetCalls();
    await assertServed(wire, next());
    assert.equal((await sessionsAtSts(wire)).length, 1, 'the held token is shown to STS');
  });

  it('that has vanished is missed when STS wants another token, and read when it is back; callers with credentials see nothing', async () => {
    const served = account;
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'ExpiredTokenException', times: 1 });
    assert.equal(await faultOf(next()), 'token_file_unreadable');
    await assertServed(wire, served);
    writeFileSync(file, token(3600));
    await assertServed(wire, account);
  });

  it('is read again by each STS call where its token has little life left', async () => {
    await replaceHeld(SHORT_SECONDS);
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
      'holds no JSON Web Token',
      () => {
        writeFileSync(file, 'ya29.access-token');
      },
      'token_file_invalid',
    ],
    [
      'holds more than a token',
      () => {
        writeFileSync(file, `${token(3600)}\n${token(3600)}`);
      },
      'token_file_invalid',
    ],
    [
      'holds half a token',
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
      'holds a token that has long expired',
      () => {
        writeFileSync(file, token(-QUARTER_SECONDS - 60));
      },
      'token_file_expired',
    ],
  ] as const) {
    it(`that ${what} is ${fault}`, async () => {
      rmSync(file, { force: true, recursive: true });
      await replaceHeld(SHORT_SECONDS);
      rmSync(file);
      put();
      await assertFault(wire, next(), fault);
      rmSync(file, { recursive: true });
      writeFileSync(file, token(3600));
      await assertServed(wire, account);
    });
  }

  it('whose token has expired by our clock alone is shown, as STS may know better', async () => {
    rmSync(file);
    await replaceHeld(SHORT_SECONDS);
    await wire.control('PUT', '/clock', { offsetSeconds: -600, supplier: 'sts' });
    await wire.control('PUT', '/durations', { credentials: 7200 });
    writeFileSync(file, token(-60));
    await assertServed(wire, next());
    await wire.control('PUT', '/clock', { offsetSeconds: 0, supplier: 'sts' });
    // It does not.
    await wire.forgetCalls();
    assert.equal(await faultOf(next()), 'token_file_expired');
    assert.equal((await sessionsAtSts(wire)).length, 1);
  });
});
