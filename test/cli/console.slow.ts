// `fedbridge console` requires `console` in the configuration, both at startup and for a reload.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, it } from 'node:test';
import { request } from '../support/http-request.ts';
import { startBridge } from '../support/bridge-process.ts';
import { asPerson } from '../support/people.ts';
import { failing, FEDBRIDGE, startAsTheBridge, withRoles } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

let here: AsTheBridge;
before(async () => {
  here = await startAsTheBridge();
});
after(() => here.close());

it('fedbridge console exits with code 1 if the configuration has no console', async () => {
  const { contract } = here.sandbox;
  const file = here.file('bridge.yaml', withRoles(contract, { lake: `arn: "${contract.role}"` }));
  const lines = await failing(here, 1, ['console', '--config', file]);
  assert.match(lines.join('\n'), /console: must be set to run `fedbridge console`\. Set `console\.audience`/);
});

it('fedbridge console exits with code 2 and prints its usage for an unknown option', async () => {
  const [line = '', usage = ''] = await failing(here, 2, ['console', '--prot', '5555']);
  assert.match(line, /^fedbridge console: .*'--prot'/);
  assert.equal(usage, 'Usage: fedbridge console [--config FILE] [--port N]');
});

it('fedbridge console serves its page, and keeps its configuration if the reloaded file configures no console', async (test) => {
  const { sandbox } = here;
  const { contract, environment } = sandbox;
  const without = withRoles(contract, { lake: `arn: "${contract.role}"` });
  const section = (audience: string): string => `console: { audience: "${audience}" }\n`;
  const file = here.file('console.yaml', `${without}\n${section(contract.consoleAudience)}`);
  const [node = '', main = ''] = FEDBRIDGE.split(' ');
  const console = await startBridge(
    { ...environment, FEDBRIDGE_HOST: '127.0.0.1' },
    { command: [node, main, 'console', '--config', file, '--port', '0'], options: {} },
  );
  test.after(() => console.stop());
  const page = await request(console.url, '/');
  assert.match(page.text, /<script type="module" src="\/assets\/app-[A-Z0-9]+\.js">/);
  const [, script = ''] = /src="([^"]+)"/.exec(page.text) ?? [];
  const code = await request(console.url, script, { headers: { 'accept-encoding': 'br' } });
  assert.deepEqual(
    [code.status, code.headers['content-type'], code.headers['content-encoding']],
    [200, 'text/javascript; charset=utf-8', 'br'],
  );
  assert.equal(code.headers['cache-control'], 'private, max-age=31536000, immutable');
  const whoami = async (): Promise<number> =>
    (await request(console.url, '/-/whoami', { headers: asPerson(sandbox, 'reader') })).status;
  assert.equal(await whoami(), 200);

  await writeFile(file, without);
  process.kill(console.pid, 'SIGHUP');
  const refused = await console.line(({ message }) => String(message).includes('was not reloaded'));
  assert.equal(refused['field'], 'console');
  assert.equal(await whoami(), 200);

  await writeFile(file, `${without}\n${section('/projects/1/locations/x/services/y')}`);
  process.kill(console.pid, 'SIGHUP');
  await console.line(({ message }) => String(message).includes('the configuration was reloaded'));
  assert.equal(await whoami(), 401);
});
