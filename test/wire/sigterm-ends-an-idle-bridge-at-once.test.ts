// On SIGTERM or SIGINT a bridge with nothing to do ends at once with 0, whatever connections clients keep open.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { startWire } from './wire.ts';

/** Far less than `limits.drain`, which is nine. */
const AT_ONCE_MS = 5_000;

describe('an idle bridge', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends on ${signal} with 0, and says so`, async (test) => {
      const wire = await startWire();
      test.after(() => wire.close());
      const { hostname, port } = new URL(wire.bridge.url);
      const unused = connect(Number(port), hostname);
      unused.on('error', () => undefined);
      await once(unused, 'connect');
      const agent = new Agent({ keepAlive: true });
      const { promise: answered, resolve } = Promise.withResolvers<undefined>();
      send({ hostname, port, path: '/-/live', agent }, (response) => {
        assert.notEqual(response.headers.connection, 'close');
        response.resume().once('end', resolve);
      }).end();
      await answered;

      const begun = Date.now();
      assert.equal(await wire.bridge.stop(signal), 0);
      const took = Date.now() - begun;
      agent.destroy();
      unused.destroy();
      assert.ok(took < AT_ONCE_MS, `took ${took} ms`);
      assert.deepEqual(
        wire.bridge.lines.slice(-2).map(({ message }) => message),
        [`${signal}: no new connections; streams have 9 s to finish`, 'ended'],
      );
    });
  }
});
