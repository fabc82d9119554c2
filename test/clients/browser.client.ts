// Runs Debian's headless Chromium: with fetch(), a page from an allowed origin can read a range and its headers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configured } from '../support/configuration.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { run } from './program.ts';

const CHROMIUM = '/usr/bin/chromium';

/** This script runs in the page and writes its result into the document, which Chromium prints. */
const script = (url: string, token: string): string => `
  const show = (seen) => (document.body.textContent = JSON.stringify(seen));
  const headers = { Authorization: 'Bearer ${token}', Range: 'bytes=17-24' };
  fetch('${url}', { headers }).then(
    async (response) => show({
      status: response.status,
      text: await response.text(),
      contentRange: response.headers.get('content-range'),
      hasEtag: /^"[0-9a-f]{32}"$/.test(response.headers.get('etag')),
      hasRequestId: response.headers.has('x-request-id'),
    }),
    (error) => show({ error: error.name }),
  );`;

const skip = existsSync(CHROMIUM) ? false : `skipped, because ${CHROMIUM} is not installed`;

describe('a browser', { skip }, () => {
  let wire: Wire;
  let profile: string;
  const page = { html: '' };
  const site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(page.html);
  });
  before(async () => {
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    profile = await mkdtemp(join(tmpdir(), 'fedbridge-chromium-'));
    wire = await startWire({
      ownProcess: true,
      config: configured({
        grants: ['callers: ["project:acme-prod"], allow: [get], bucket: acme-lake'],
        more: `cors: { origins: ["${originAs('127.0.0.1')}"] }`,
      }),
    });
  });
  after(async () => {
    await wire.close();
    site.close();
    site.closeAllConnections();
    await rm(profile, { recursive: true, force: true });
  });

  const originAs = (host: string): string => `http://${host}:${(site.address() as AddressInfo).port}`;

  const seenFrom = async (origin: string): Promise<unknown> => {
    const url = `${wire.bridge.url}/acme-lake/raw/public/orders.csv`;
    page.html = `<!doctype html><body><script>${script(url, await wire.token('reader'))}</script>`;
    const { stdout, said } = await run(CHROMIUM, [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      `--user-data-dir=${profile}`,
      '--virtual-time-budget=10000',
      '--dump-dom',
      `${origin}/`,
    ]);
    const json = /<body>(\{.*\})<\/body>/s.exec(stdout)?.[1];
    assert.ok(json !== undefined, said);
    return JSON.parse(json);
  };

  it('can read a range and its Content-Range if the page comes from an allowed origin', async () => {
    assert.deepEqual(await seenFrom(originAs('127.0.0.1')), {
      status: 206,
      text: '1,lamp,2',
      contentRange: 'bytes 17-24/55',
      hasEtag: true,
      hasRequestId: true,
    });
  });

  it('can read nothing if the page comes from a different origin', async () => {
    assert.deepEqual(await seenFrom(originAs('localhost')), { error: 'TypeError' });
  });
});
