// After an uncaught error, the process logs the stack but not the error's message, and exits with a non-zero code. Downloads in
// progress look incomplete.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startDownload } from '../../support/download-end.ts';
import type { Form } from '../../support/download-end.ts';
import { startHarmedWire } from '../../support/provoked-fault.ts';
import type { Harm } from '../../support/provoked-fault.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';

const SIZE = 10_000_000;

describe('an uncaught error', { concurrency: 2 }, () => {
  for (const [how, what, form, error] of [
    ['thrown in a timer', 'throw', 'over HTTP/1.0', /^Error\n {4}at /],
    ['that is not an Error', 'throw-text', 'chunked', /^string$/],
    ['from a rejected promise', 'reject', 'chunked', /^Error\n {4}at /],
  ] as const satisfies readonly (readonly [string, Harm['what'], Form, RegExp])[]) {
    it(`${how} ends the process, and interrupted downloads (${form}) look incomplete`, async (test) => {
      const wire = await startHarmedWire({ config: openToProject('responses: { chunkAbove: 0B }') });
      test.after(() => wire.close());
      await wire.put('slow.bin', Buffer.alloc(SIZE, 'y'));
      await wire.fault({ upstream: 's3', fault: 'drip', bytesPerSecond: 200_000 });
      const download = await startDownload(wire, form, '/acme-lake/slow.bin');
      await wire.harm({ what });
      assert.equal(await download.ended, 'looks cut');
      // SIGCONT cannot end a process, so this exit code shows that the bridge exited on its own.
      assert.equal(await wire.bridge.stop('SIGCONT'), 1);
      const line = wire.bridge.lines.find(({ severity }) => severity === 'CRITICAL');
      assert.match(String(line?.['error']), error);
      assert.ok(line?.['remedy']);
      assert.doesNotMatch(wire.bridge.output(), /could hold a token/);
    });
  }
});
