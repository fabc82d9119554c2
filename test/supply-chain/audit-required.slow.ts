// The audit as build systems run it, against a registry on this machine: without a result it says so, and with --required it fails.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { textOf } from './packages.ts';

const run = promisify(execFile);
const AUDIT = new URL('audit.ts', import.meta.url).pathname;

interface AuditRun {
  readonly code: unknown;
  readonly lastLine: string | undefined;
}

/** @param registry what npm asks; its own attempts and pauses are left out */
async function runAudit(registry: string, ...options: readonly string[]): Promise<AuditRun> {
  const settings = { npm_config_registry: registry, npm_config_fetch_retries: '0', NO_PROXY: '127.0.0.1' };
  const env = { ...process.env, ...settings, CI: 'true' };
  const { code, stdout } = await run(process.execPath, [AUDIT, ...options], { env }).then(
    (output) => ({ code: 0, ...output }),
    (error: unknown) => error as { code: unknown; stdout: string },
  );
  return { code, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

/** Answers as the registry's endpoint for bulk advisories does (npm, "npm audit"). */
const advisories =
  (found: object): RequestListener =>
  (request, response) => {
    request.resume();
    const known = request.url === '/-/npm/v1/security/advisories/bulk';
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(known ? JSON.stringify(found) : '{}');
  };

const REGISTRIES = {
  none: (request, response) => {
    request.resume();
    response.writeHead(405).end();
  },
  clean: advisories({}),
  weak: advisories({
    zod: [
      {
        id: 1,
        url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
        title: 'Made up',
        severity: 'high',
        vulnerable_versions: '*',
      },
    ],
  }),
} satisfies Record<string, RequestListener>;

describe('the audit', () => {
  const servers = Object.entries(REGISTRIES).map(
    ([name, listener]) => [name, createServer(listener)] as const,
  );
  before(async () => {
    for (const [, server] of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => {
    for (const [, server] of servers) server.close();
  });
  const audit = (name: keyof typeof REGISTRIES, ...options: readonly string[]): Promise<AuditRun> => {
    const { port } = servers.find(([known]) => known === name)?.[1].address() as AddressInfo;
    return runAudit(`http://127.0.0.1:${port}/`, ...options);
  };

  it('without a result passes, and its last line says that it was not done, and why', async () => {
    const { code, lastLine } = await audit('none');
    assert.equal(code, 0);
    assert.match(lastLine ?? '', /^audit: NOT DONE: .*\(405 Method Not Allowed\)/);
  });

  it('without a result fails with --required, and says so too', async () => {
    const { code, lastLine } = await audit('none', '--required');
    assert.equal(code, 1);
    assert.match(lastLine ?? '', /^audit: NOT DONE: .*\(405 Method Not Allowed\).*--required/);
  });

  it('of a registry that nothing answers for is not done either', async () => {
    // Port 1 is nobody's (tcpmux).
    const { code, lastLine } = await runAudit('http://127.0.0.1:1/', '--required');
    assert.equal(code, 1);
    assert.match(lastLine ?? '', /^audit: NOT DONE: .*\(ECONNREFUSED\)/);
  });

  for (const options of [[], ['--required']]) {
    const how = options.length === 0 ? '' : ` with ${options.join(' ')}`;
    it(`that finds nothing passes${how}`, async () => {
      assert.deepEqual(await audit('clean', ...options), {
        code: 0,
        lastLine: 'audit: 0 known, 0 not explained',
      });
    });
    it(`that finds a weakness that nobody has explained fails${how}`, async () => {
      assert.deepEqual(await audit('weak', ...options), {
        code: 1,
        lastLine: 'audit: 1 known, 1 not explained',
      });
    });
  }

  it('refuses an option that it does not know, so that a typing error cannot make it optional', async () => {
    assert.equal((await audit('none', '--require')).code, 2);
  });
});

describe('the build systems', () => {
  it('require it if their registry answers, and repeat its last line at the end if it may not', () => {
    assert.match(textOf('cloudbuild.yaml'), /node test\/supply-chain\/audit\.ts --required$/m);
    const lines = textOf('.ci/run').trimEnd().split('\n');
    assert.match(lines.find((line) => line.includes('audit.ts')) ?? '', /audit\.ts \| tee "\$audit"$/);
    assert.equal(lines.at(-1), 'tail -n 1 "$audit"');
  });
});
