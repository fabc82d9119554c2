// Told to, Node asks a proxy in the place of each supplier, the metadata server included, whose identity would be the proxy's: with that
// asked for, nothing starts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startWire } from '../support/wire.ts';
import type { WireOptions } from '../support/wire.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const HTTP_PROXY = 'http://127.0.0.1:9';

const WAYS: Readonly<Record<string, WireOptions>> = {
  'by its variable': { environment: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY } },
  'by its variable, with a proxy named later': { environment: { NODE_USE_ENV_PROXY: '1' } },
  'by its option, in the environment': { environment: { NODE_OPTIONS: '"--use_env-proxy"', HTTP_PROXY } },
  'by its option, on the command line': {
    environment: { HTTP_PROXY },
    program: { command: [process.execPath, '--use-env-proxy', MAIN, 'serve'], options: {} },
  },
};

describe('a bridge whose Node asks proxies does not start, and says why, where that is asked for', () => {
  for (const [way, options] of Object.entries(WAYS)) {
    it(way, async () => {
      const started = startWire({ ...options, ready: false }).then((wire) => wire.close());
      await assert.rejects(started, /NODE_USE_ENV_PROXY or --use-env-proxy .* the metadata server: unset it/);
    });
  }
});

it('a bridge whose Node is told not to starts', async () => {
  const wire = await startWire({ environment: { NODE_USE_ENV_PROXY: '0', HTTP_PROXY } });
  await wire.close();
});
