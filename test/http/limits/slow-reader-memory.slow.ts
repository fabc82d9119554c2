// If many callers read a large object slowly, the bridge buffers only bytes in transit, never the object.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { mkdtemp, open as openFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { open } from '../../support/http-request.ts';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';

const SIZE = 2 * 1024 ** 3;
const READERS = 64;
const LIMIT_MIB = 200;

/** @returns the resident set size of a process, in MiB (proc(5), VmRSS) */
function residentMiB(pid: number): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

describe('64 slow readers of a 2 GiB object', () => {
  let wire: ClockedWire;
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fedbridge-'));
    // Creates a sparse file of 2 GiB, which uses no disk space.
    const file = await openFile(join(dir, 'huge.bin'), 'w');
    await file.truncate(SIZE);
    await file.close();
    wire = await startClockedWire({ sandbox: { dir } });
    // Stops the clock, so that a bridge on a slow machine does not reject requests because its event loop lags.
    await wire.setClocks({ steadyStands: true });
  });
  after(async () => {
    await wire.close();
    await rm(dir, { recursive: true });
  });

  it(`do not raise the bridge's memory above ${LIMIT_MIB} MiB`, async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const readers: IncomingMessage[] = [];
    for (let i = 0; i < READERS; i += 1)
      readers.push(await open(wire.bridge.url, '/acme-lake/huge.bin', { headers }));
    let most = 0;
    for (let round = 0; round < 30; round += 1) {
      for (const reader of readers) reader.read(16 * 1024);
      await new Promise((resolve) => setTimeout(resolve, 50));
      most = Math.max(most, residentMiB(wire.bridge.pid));
    }
    for (const reader of readers) {
      assert.equal(reader.statusCode, 200);
      assert.equal(reader.headers['content-length'], String(SIZE));
      assert.ok(!reader.destroyed, 'slow readers stay connected');
      reader.on('error', () => undefined).destroy();
    }
    assert.ok(most < LIMIT_MIB, `${most.toFixed(0)} MiB resident`);
  });
});
