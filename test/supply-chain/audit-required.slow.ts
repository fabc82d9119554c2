// Runs the audit as a build system does, against a local registry. If npm returns no result, the audit reports that, and with
// --required it also fails.
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

/** @param registry the URL that npm uses; npm's own retries and pauses are disabled */
async function runAudit(registry: string, ...options: readonly string[]): Promise<AuditRun> {
  const settings = { npm_config_registry: registry, npm_config_fetch_retries: '0', NO_PROXY: '127.0.0.1' };
  const env = { ...process.env, ...settings, CI: 'true' };
  const { code, stdout } = await run(process.execPath, [AUDIT, ...options], { env }).then(
    (output) => ({ code: 0, ...output }),
    (error: unknown) => error as { code: unknown; stdout: string },
  );
  return { code, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

/** Responds like the registry's endpoint for bulk advisories (npm, "npm audit"). */
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

describe('the vulnerability audit', () => {
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

  it('passes if the registry returns no result, and its last line explains why the audit was not done', async () => {
    const { code, lastLine } = await audit('none');
    assert.equal(code, 0);
    assert.match(lastLine ?? '', /^audit: NOT DONE: .*\(405 Method Not Allowed\)/);
  });

  it('fails with --required if the registry returns no result, and its last line explains why the audit was not done', async () => {
    const { code, lastLine } = await audit('none', '--required');
    assert.equal(code, 1);
    assert.match(lastLine ?? '', /^audit: NOT DONE: .*\(405 Method Not Allowed\).*--required/);
  });

  it('fails with --required if the registry is unreachable, and reports that the audit was not done', async () => {
    // Nothing listens on port 1 (tcpmux).
    const { code, lastLine } = await runAudit('http://127.0.0.1:1/', '--required');
    assert.equal(code, 1);
    assert.match(lastLine ?? '', /^audit: NOT DONE: .*\(ECONNREFUSED\)/);
  });

  for (const options of [[], ['--required']]) {
    const how = options.length === 0 ? '' : ` with ${options.join(' ')}`;
    it(`passes${how} if it finds nothing`, async () => {
      assert.deepEqual(await audit('clean', ...options), {
        code: 0,
        lastLine: 'audit: 0 known, 0 not explained',
      });
    });
    it(`fails${how} if it finds an unexplained vulnerability`, async () => {
      assert.deepEqual(await audit('weak', ...options), {
        code: 1,
        lastLine: 'audit: 1 known, 1 not explained',
      });
    });
  }

  it('rejects an unknown option, because a misspelled --required would make the audit optional', async () => {
    assert.equal((await audit('none', '--require')).code, 2);
  });
});

describe('the build systems', () => {
  it('require the audit in Cloud Build, and repeat its last line at the end of .ci/run', () => {
    assert.match(textOf('cloudbuild.yaml'), /node test\/supply-chain\/audit\.ts --required$/m);
    const lines = textOf('.ci/run').trimEnd().split('\n');
    assert.match(lines.find((line) => line.includes('audit.ts')) ?? '', /audit\.ts \| tee "\$audit"$/);
    assert.equal(lines.at(-1), 'tail -n 1 "$audit"');
  });
});
