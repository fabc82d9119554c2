// What still runs `limits.drain` after the signal is cut so that its caller sees it is not whole; a second signal ends at once.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { open } from '../../support/http-request.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SIZE = 10_000_000;

describe('a download that would run for long', { concurrency: true }, () => {
  const startDownload = async (drainSeconds: number): Promise<[wire: Wire, response: IncomingMessage]> => {
    const wire = await startWire({
      ownProcess: true,
      // Without a Content-Length nothing but the way it ends tells a caller that it is not whole.
      config: openToProject(`limits: { drain: ${drainSeconds}s }\nresponses: { chunkAbove: 0B }`),
    });
    await wire.put('slow.bin', Buffer.alloc(SIZE, 'y'));
    await wire.fault({ supplier: 's3', fault: 'drip', bytesPerSecond: 200_000 });
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const response = await open(wire.bridge.url, '/acme-lake/slow.bin', { headers });
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['content-length'], undefined);
    return [wire, response];
  };
  /** @returns the bytes that came before the body was cut; rejects where it looks whole */
  const untilCut = async (response: IncomingMessage): Promise<number> => {
    let bytes = 0;
    await assert.rejects(async () => {
      for await (const chunk of response) bytes += (chunk as Buffer).length;
    }, /aborted|ECONNRESET/);
    assert.equal(response.complete, false);
    return bytes;
  };

  it('is cut after the time to drain, with its line in the log, and the bridge ends with 0', async (test) => {
    const [wire, response] = await startDownload(1);
    test.after(() => wire.close());
    const begun = Date.now();
    const [bytes, code] = await Promise.all([untilCut(response), wire.bridge.stop()]);
    assert.ok(bytes > 0 && bytes < SIZE);
    assert.equal(code, 0);
    assert.ok(Date.now() - begun >= 1_000, 'not before');
    const line = wire.bridge.lines.find(({ operation }) => operation === 'GetObject');
    assert.equal(line?.['complete'], false);
    assert.equal(line['abortedBy'], 'bridge');
    assert.equal(wire.bridge.lines.at(-1)?.['message'], 'ended');
  });

  it('is cut at once by a second signal', async (test) => {
    const [wire, response] = await startDownload(3_600);
    test.after(() => wire.close());
    const first = wire.bridge.stop();
    await wire.bridge.line(({ message }) => String(message).startsWith('SIGTERM:'));
    const [code] = await Promise.all([wire.bridge.stop(), untilCut(response)]);
    assert.equal(code, 1);
    assert.equal(await first, 1);
  });
});
