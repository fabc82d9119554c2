// For each slow reader of a huge file, the sandbox uses the memory of one buffer instead of the whole file's size.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { until } from '../support/until.ts';
import { s3Client } from './clients.ts';

const READERS = 64;
const FILE_BYTES = 2 ** 31;
const LIMIT_BYTES = 150 * 2 ** 20;
/**
 * The total number of bytes that the readers read before memory is first measured, so that each reader already has its buffers.
 */
const FIRST_BYTES = 64 * 2 ** 20;
const BYTES_PER_SAMPLE = 8 * 2 ** 20;
const SAMPLES = 8;
const PROGRAM = new URL('sandbox-process.ts', import.meta.url);

test('the sandbox serves 64 slow readers of a 2 GiB file with less than 150 MiB of memory', async (context) => {
  const dir = mkdtempSync(join(tmpdir(), 'fedbridge-large-'));
  writeFileSync(join(dir, 'large'), '');
  truncateSync(join(dir, 'large'), FILE_BYTES);
  const child = fork(PROGRAM, [dir]);
  context.after(() => {
    child.kill();
    rmSync(dir, { recursive: true });
  });
  const [contract] = (await once(child, 'message')) as [SandboxContract];
  const signed = await signedHeaders(contract);
  let [started, read] = [0, 0];
  for (let reader = 0; reader < READERS; reader++) {
    const { hostname, port } = new URL(contract.s3);
    const sent = request(
      { hostname, port, path: '/acme-lake/large?x-id=GetObject', headers: signed, agent: false },
      (response) => {
        started += 1;
        assert.equal(response.headers['content-length'], String(FILE_BYTES));
        // Reads one chunk at a time, with pauses.
        const timer = setInterval(() => {
          read += (response.read() as Buffer | null)?.length ?? 0;
        }, 20);
        response.on('close', () => {
          clearInterval(timer);
        });
      },
    );
    sent.on('error', () => undefined);
    sent.end();
    context.after(() => sent.destroy());
  }
  let resident = 0;
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const enough = FIRST_BYTES + sample * BYTES_PER_SAMPLE;
    await until(`${enough} bytes have been read`, () => read >= enough && started === READERS);
    child.send('memory');
    const [bytes] = (await once(child, 'message')) as [number];
    resident = Math.max(resident, bytes);
  }
  assert.ok(resident < LIMIT_BYTES, `${Math.round(resident / 2 ** 20)} MiB resident`);
});

/**
 * @returns the headers that the SDK signs for the object; the test sends the request without the SDK, whose client
 * reads too fast
 */
async function signedHeaders(contract: SandboxContract): Promise<Record<string, string>> {
  const s3 = s3Client({ contract }, contract.owner);
  let headers: Record<string, string> = {};
  s3.middlewareStack.add(
    () => (call) => {
      ({ headers } = call.request as { headers: Record<string, string> });
      return Promise.reject(new Error('signed but not sent'));
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const get = new GetObjectCommand({ Bucket: contract.bucket, Key: 'large' });
  await assert.rejects(s3.send(get), /not sent/);
  return headers;
}
