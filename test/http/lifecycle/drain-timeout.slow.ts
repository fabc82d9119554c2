// When `limits.drain` has passed since SIGTERM, unfinished downloads are closed so that they look incomplete. A second signal
// ends the process immediately.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { open } from '../../support/http-request.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SIZE = 10_000_000;

describe('a long download during shutdown', { concurrency: true }, () => {
  const startDownload = async (drainSeconds: number): Promise<[wire: Wire, response: IncomingMessage]> => {
    const wire = await startWire({
      ownProcess: true,
      // Without a Content-Length, a caller can recognize an incomplete body only by how the body ends.
      config: openToProject(`limits: { drain: ${drainSeconds}s }\nresponses: { chunkAbove: 0B }`),
    });
    await wire.put('slow.bin', Buffer.alloc(SIZE, 'y'));
    await wire.fault({ upstream: 's3', fault: 'drip', bytesPerSecond: 200_000 });
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const response = await open(wire.bridge.url, '/acme-lake/slow.bin', { headers });
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['content-length'], undefined);
    return [wire, response];
  };
  /** @returns the bytes received before the body was closed early; rejects if the body looks complete */
  const untilClosedEarly = async (response: IncomingMessage): Promise<number> => {
    let bytes = 0;
    await assert.rejects(async () => {
      for await (const chunk of response) bytes += (chunk as Buffer).length;
    }, /aborted|ECONNRESET/);
    assert.equal(response.complete, false);
    return bytes;
  };

  it('is closed early and logged after the drain timeout, and the bridge exits with code 0', async (test) => {
    const [wire, response] = await startDownload(1);
    test.after(() => wire.close());
    const startMs = Date.now();
    const [bytes, code] = await Promise.all([untilClosedEarly(response), wire.bridge.stop()]);
    assert.ok(bytes > 0 && bytes < SIZE);
    assert.equal(code, 0);
    assert.ok(Date.now() - startMs >= 1_000, 'not before the timeout');
    const line = wire.bridge.lines.find(({ operation }) => operation === 'GetObject');
    assert.equal(line?.['complete'], false);
    assert.equal(line['abortedBy'], 'bridge');
    assert.equal(wire.bridge.lines.at(-1)?.['message'], 'ended');
  });

  it('is closed immediately by a second signal', async (test) => {
    const [wire, response] = await startDownload(3_600);
    test.after(() => wire.close());
    const first = wire.bridge.stop();
    await wire.bridge.line(({ message }) => String(message).startsWith('SIGTERM:'));
    const [code] = await Promise.all([wire.bridge.stop(), untilClosedEarly(response)]);
    assert.equal(code, 1);
    assert.equal(await first, 1);
  });
});
