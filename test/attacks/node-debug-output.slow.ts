// Node's own debug output holds paths and headers of requests as they are: with it asked for, the bridge does not start.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from '../support/wire.ts';

it('a bridge that would write requests to standard error does not start, and says why', async () => {
  for (const sections of ['fetch', 'http,net,tls,undici,http2', '*']) {
    const started = startWire({ environment: { NODE_DEBUG: sections } }).then((wire) => wire.close());
    await assert.rejects(started, /NODE_DEBUG has Node write requests .* unset it/);
  }
});
