// `fedbridge serve` parses its arguments like every command and accepts two options that override the environment.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { request } from '../support/http-request.ts';
import { startBridge } from '../support/bridge-process.ts';
import { asBearer } from '../support/token-headers.ts';
import { failing, FEDBRIDGE, startAsTheBridge, withRoles } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

let here: AsTheBridge;
before(async () => {
  here = await startAsTheBridge();
});
after(() => here.close());

describe('fedbridge serve', () => {
  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['for an unknown option', ['--prot', '5555'], /'--prot'/],
    ['for an unexpected argument', ['bridge.yaml'], /Unexpected argument "bridge\.yaml"\./],
    ['for an option without a value', ['--config'], /'--config <value>' argument missing\./],
    ['for a port that is not a number', ['--port', 'http'], /--port must be a port.*, not "http"\./],
    ['for a port above 65535', ['--port', '65536'], /--port must be a port.*, not "65536"\./],
  ];
  for (const [what, args, expected] of WRONG)
    it(`exits with code 2 and prints its usage ${what}`, async () => {
      const [line = '', usage = ''] = await failing(here, 2, ['serve', ...args]);
      assert.match(line, expected);
      assert.equal(usage, 'Usage: fedbridge serve [--config FILE] [--port N]');
    });
});

it('fedbridge serve --config rejects a file that cannot be read', async () => {
  const lines = await failing(here, 1, ['serve', '--config', 'missing.yaml']);
  assert.match(
    lines.join('\n'),
    /--config: must be the path to a readable file, but "missing\.yaml" does not exist/,
  );
});

it('fedbridge serve --config FILE --port N uses FILE and that port, and reloads FILE on SIGHUP', async (test) => {
  const { contract, environment } = here.sandbox;
  const configWith = (audience: string): string =>
    withRoles({ ...contract, audience }, { lake: `arn: "${contract.role}"` });
  const file = here.file('bridge.yaml', configWith('https://from-the-option.example'));
  const [node = '', main = ''] = FEDBRIDGE.split(' ');
  const bridge = await startBridge(
    { ...environment, FEDBRIDGE_HOST: '127.0.0.1', PORT: '1' },
    { command: [node, main, 'serve', '--config', file, '--port', '0'], options: {} },
  );
  test.after(() => bridge.stop());
  const statusFor = async (audience: string): Promise<number> => {
    const path = `/computeMetadata/v1/instance/service-accounts/${contract.callers.reader}/identity?audience=${audience}&format=full`;
    const { text: token } = await request(contract.metadata, path, {
      headers: { 'Metadata-Flavor': 'Google' },
    });
    return (await request(bridge.url, '/-/whoami', { headers: asBearer(token) })).status;
  };
  assert.equal(await statusFor('https://from-the-option.example'), 200);
  assert.equal(await statusFor(contract.audience), 401);

  await writeFile(join(here.directory, 'bridge.yaml'), configWith('https://reloaded.example'));
  process.kill(bridge.pid, 'SIGHUP');
  await bridge.line(({ message }) => String(message).startsWith('SIGHUP:'));
  assert.equal(await statusFor('https://reloaded.example'), 200);
});
