// The bridge refuses to start if Node's debug output is enabled, because that output contains request paths and headers.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from '../support/wire.ts';

it('the bridge refuses to start, and reports why, if NODE_DEBUG makes Node write requests to standard error', async () => {
  for (const sections of ['fetch', 'http,net,tls,undici,http2', '*']) {
    const started = startWire({ environment: { NODE_DEBUG: sections } }).then((wire) => wire.close());
    await assert.rejects(started, /NODE_DEBUG makes Node write requests.* Unset it/);
  }
});
