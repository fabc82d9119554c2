// A crowd of slow readers of a huge file costs the sandbox a buffer each, not the file.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { s3Client } from './clients.ts';

const READERS = 64;
const FILE_BYTES = 2 ** 31;
const LIMIT_BYTES = 150 * 2 ** 20;
const PROGRAM = new URL('sandbox-process.ts', import.meta.url);

test('64 slow readers of a file of 2 GiB', async (context) => {
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
  let read = 0;
  for (let reader = 0; reader < READERS; reader++) {
    const { hostname, port } = new URL(contract.s3);
    const sent = request(
      { hostname, port, path: '/acme-lake/large?x-id=GetObject', headers: signed, agent: false },
      (response) => {
        assert.equal(response.headers['content-length'], String(FILE_BYTES));
        // One chunk now and then.
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
  await sleep(3_000);
  assert.ok(read > READERS * 1_000_000, `${read} bytes read`);
  child.send('memory');
  const [resident] = (await once(child, 'message')) as [number];
  assert.ok(resident < LIMIT_BYTES, `${Math.round(resident / 2 ** 20)} MiB resident`);
});

/** The headers that the SDK signs for the object, to be sent by hand: its own client reads too eagerly. */
async function signedHeaders(contract: SandboxContract): Promise<Record<string, string>> {
  const s3 = s3Client({ contract }, contract.owner);
  let headers: Record<string, string> = {};
  s3.middlewareStack.add(
    () => (call) => {
      ({ headers } = call.request as { headers: Record<string, string> });
      return Promise.reject(new Error('signed, and not sent'));
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const get = new GetObjectCommand({ Bucket: contract.bucket, Key: 'large' });
  await assert.rejects(s3.send(get), /not sent/);
  return headers;
}
