// On SIGTERM or SIGINT an idle bridge exits immediately with exit code 0, even if clients keep connections open.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';

/** Longer than any test's own time limit, so a test fails if the bridge waits for this timeout. */
const DRAIN_SECONDS = 3_600;

describe('an idle bridge', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`exits immediately with code 0 on ${signal}, and logs the signal`, async (test) => {
      const wire = await startWire({
        ownProcess: true,
        config: openToProject(`limits: { drain: ${DRAIN_SECONDS}s }`),
      });
      test.after(() => wire.close());
      const { hostname, port } = new URL(wire.bridge.url);
      const unused = connect(Number(port), hostname);
      unused.on('error', () => undefined);
      await once(unused, 'connect');
      const agent = new Agent({ keepAlive: true });
      const { promise: responded, resolve } = Promise.withResolvers<undefined>();
      send({ hostname, port, path: '/-/live', agent }, (response) => {
        assert.notEqual(response.headers.connection, 'close');
        response.resume().once('end', resolve);
      }).end();
      await responded;

      assert.equal(await wire.bridge.stop(signal), 0);
      agent.destroy();
      unused.destroy();
      assert.deepEqual(
        wire.bridge.lines.slice(-2).map(({ message }) => message),
        [
          `${signal}: the bridge accepts no new connections; responses in progress have ${DRAIN_SECONDS} s to finish`,
          'ended',
        ],
      );
    });
  }
});
