// In the managed instance group example, a machine's metadata does not contain the configuration. At startup, the machine
// fetches the configuration from Secret Manager, and only the bridge can read it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { textsOf, STAGES } from '../deploy/dockerfile.ts';
import { CONFIG_SECRET, readExample } from './sample.ts';

const run = promisify(execFile);
const ACCESS_TOKEN = 'ya29.not-a-token';
const CONFIG = `${'# A comment, so that it is longer than a line of base64.\n'.repeat(20)}audience: https://lake-bridge.example\n`;

interface WrittenFile {
  readonly path: string;
  readonly permissions: string;
  readonly content: string;
}

const { values } = await readExample('gce-managed-instance-group');
const userData = String(await values.evaluate('${local.user_data}'));
const { write_files: files } = parseYaml(userData.replace(/^#cloud-config\n/, '')) as {
  write_files: WrittenFile[];
};
const fileOf = (ending: string): WrittenFile => {
  const found = files.find(({ path }) => path.endsWith(ending));
  assert.ok(found, ending);
  return found;
};
const unit = fileOf('/fedbridge.service');
const script = fileOf('/fetch-config.sh');

describe('the metadata of a machine in the managed instance group', () => {
  it('contains the name of the secret, but nothing from the configuration', () => {
    assert.match(userData, /^#cloud-config\n/);
    assert.ok(userData.includes(CONFIG_SECRET));
    assert.doesNotMatch(userData, /reader@acme-prod|acme-lake|arn:aws/);
    assert.deepEqual(new Set(files.map(({ permissions }) => permissions)), new Set(['0444']));
  });
});

describe('the systemd unit of a machine in the managed instance group', () => {
  it('fetches the configuration at each start, and retries until that succeeds', () => {
    assert.ok(unit.content.includes(`ExecStartPre=/bin/bash ${script.path}\n`));
    assert.match(unit.content, /^StartLimitIntervalSec=0$/m);
    assert.match(unit.content, /^Restart=always$/m);
  });

  it('keeps the configuration in memory, readable only by root, and mounts only that file for the bridge', () => {
    assert.match(unit.content, /^RuntimeDirectory=fedbridge$/m);
    assert.match(unit.content, /^RuntimeDirectoryMode=0700$/m);
    assert.match(unit.content, /--volume \/run\/fedbridge\/config\.yaml:\/etc\/fedbridge\/config\.yaml:ro /);
    assert.match(unit.content, /--env FEDBRIDGE_CONFIG=\/etc\/fedbridge\/config\.yaml /);
    assert.match(unit.content, /--ulimit core=0 /);
  });
});

describe("the managed instance group's script that fetches the configuration", () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-machine-'));
  const target = join(directory, 'config.yaml');
  let accessible = true;
  const seen: { readonly url: string | undefined; readonly authorization: string | undefined }[] = [];
  // Simulates the metadata server and Secret Manager, with responses from their documentation.
  const server = createServer(({ url, headers }, response) => {
    seen.push({ url, authorization: headers.authorization });
    if (
      url === '/computeMetadata/v1/instance/service-accounts/default/token' &&
      headers['metadata-flavor'] === 'Google'
    )
      response.end(JSON.stringify({ access_token: ACCESS_TOKEN, expires_in: 3599, token_type: 'Bearer' }));
    else if (
      url === `/v1/${CONFIG_SECRET}:access` &&
      accessible &&
      headers.authorization === `Bearer ${ACCESS_TOKEN}`
    )
      response.end(
        JSON.stringify({ name: CONFIG_SECRET, payload: { data: btoa(CONFIG), dataCrc32c: '1' } }, null, 2),
      );
    else response.writeHead(403).end(JSON.stringify({ error: { code: 403, status: 'PERMISSION_DENIED' } }));
  });
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  const fetchConfig = (): Promise<{ stdout: string; stderr: string }> => {
    const { port } = server.address() as AddressInfo;
    const here = script.content.replace(
      /https?:\/\/(metadata\.google\.internal|secretmanager\.googleapis\.com)/g,
      `http://127.0.0.1:${port}`,
    );
    const env = { PATH: process.env['PATH'], RUNTIME_DIRECTORY: directory, NO_PROXY: '127.0.0.1' };
    // Only root can change a file's group, so the test removes the `chgrp` line if a different user runs it.
    const text = process.getuid?.() === 0 ? here : here.replace(/^chgrp .*$/m, '');
    return run('bash', ['-c', text], { env });
  };

  it("writes only the configuration, readable by root and by the image user's group", async () => {
    await fetchConfig();
    assert.equal(readFileSync(target, 'utf8'), CONFIG);
    const { mode, gid } = statSync(target);
    assert.equal((mode & 0o7777).toString(8), '440');
    if (process.getuid?.() === 0) {
      const [user = ''] = textsOf(STAGES[1], 'USER');
      assert.equal(String(gid), user.split(':')[1]);
    }
    assert.deepEqual(readdirSync(directory), ['config.yaml']);
    assert.equal(seen.length, 2);
  });

  it('fails if it is not allowed to read the secret, and leaves no configuration behind', async () => {
    rmSync(target, { force: true });
    accessible = false;
    await assert.rejects(fetchConfig(), ({ stdout, stderr }: { stdout: string; stderr: string }) => {
      assert.match(stderr, /403/);
      assert.ok(!`${stdout}${stderr}`.includes(ACCESS_TOKEN));
      return true;
    });
    assert.deepEqual(readdirSync(directory), []);
  });
});
