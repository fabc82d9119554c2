// The bridge refuses to start if Node is configured to use an HTTP proxy. A proxy that receives requests to the metadata server
// could steal the bridge's identity tokens.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startWire } from '../support/wire.ts';
import type { WireOptions } from '../support/wire.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const HTTP_PROXY = 'http://127.0.0.1:9';

const WAYS: Readonly<Record<string, WireOptions>> = {
  'through NODE_USE_ENV_PROXY': { environment: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY } },
  'through NODE_USE_ENV_PROXY, without a proxy URL yet': { environment: { NODE_USE_ENV_PROXY: '1' } },
  'through its option in NODE_OPTIONS': { environment: { NODE_OPTIONS: '"--use_env-proxy"', HTTP_PROXY } },
  'through its option on the command line': {
    environment: { HTTP_PROXY },
    program: { command: [process.execPath, '--use-env-proxy', MAIN, 'serve'], options: {} },
  },
};

describe('the bridge', () => {
  for (const [way, options] of Object.entries(WAYS)) {
    it(`refuses to start, and reports why, if Node is configured to use proxies ${way}`, async () => {
      const started = startWire({ ...options, ready: false }).then((wire) => wire.close());
      await assert.rejects(
        started,
        /NODE_USE_ENV_PROXY or --use-env-proxy .* the metadata server\. Unset the variable and remove the option/,
      );
    });
  }
});

it('the bridge starts if Node is configured not to use proxies', async () => {
  const wire = await startWire({ environment: { NODE_USE_ENV_PROXY: '0', HTTP_PROXY } });
  await wire.close();
});
