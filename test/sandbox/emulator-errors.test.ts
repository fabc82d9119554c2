// An emulator responds to every request instead of dropping the connection: an invalid request gets S3's error, and a
// bug in the sandbox causes a 500.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createCallLog } from '../../src/sandbox/calls.ts';
import { createClock } from '../../src/sandbox/clock.ts';
import { createFaults } from '../../src/sandbox/injected-faults.ts';
import { listen, serveUpstream } from '../../src/sandbox/upstream-server.ts';
import type { Upstream } from '../../src/sandbox/upstream-server.ts';
import { ask, s3Client, sandboxFor } from './clients.ts';

const OBJECT = { Bucket: 'acme-lake', Key: 'o' };
const OVERRIDES = [
  'ResponseCacheControl',
  'ResponseContentDisposition',
  'ResponseContentEncoding',
  'ResponseContentLanguage',
  'ResponseContentType',
] as const;

test('a response override that is not a valid header value gets 400 InvalidArgument', async (context) => {
  const s3 = s3Client(await sandboxFor(context));
  await s3.send(new PutObjectCommand({ ...OBJECT, Body: 'x' }));
  for (const name of OVERRIDES) {
    for (const value of ['attachment; filename="Łódź.txt"', '日本', 'a\nb', 'a\0b']) {
      const rejected = {
        name: 'InvalidArgument',
        message: 'Header value cannot be represented using ISO-8859-1.',
        ArgumentName: name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).slice(1),
      };
      await assert.rejects(s3.send(new GetObjectCommand({ ...OBJECT, [name]: value })), rejected);
      await assert.rejects(
        s3.send(new HeadObjectCommand({ ...OBJECT, [name]: value })),
        ({ $metadata }: { $metadata: { httpStatusCode: number } }) => $metadata.httpStatusCode === 400,
      );
    }
  }
});

test('a response override in Latin-1 is returned', async (context) => {
  const s3 = s3Client(await sandboxFor(context));
  await s3.send(new PutObjectCommand({ ...OBJECT, Body: 'x' }));
  const read = await s3.send(new GetObjectCommand({ ...OBJECT, ResponseContentDisposition: 'é.txt' }));
  assert.equal(read.ContentDisposition, 'é.txt');
});

test('a bug in an emulator causes a 500 response that describes the bug', async (context) => {
  const bug = (): never => {
    throw new Error('the bug');
  };
  const well: Upstream<undefined> = {
    read: () => undefined,
    respond: () => ({ status: 200, headers: {}, body: Buffer.from('well') }),
    refuse: (_asked, { status, message = '' }) => ({ status, headers: {}, body: Buffer.from(message) }),
  };
  for (const [upstream, status, text] of [
    [well, 200, /^well$/],
    [{ ...well, read: bug }, 500, /bug in the sandbox: Error: the bug/],
    [{ ...well, respond: bug }, 500, /bug in the sandbox: Error: the bug/],
    [{ ...well, respond: bug, refuse: bug }, 500, /bug in the sandbox: Error: the bug/],
    [
      { ...well, respond: () => ({ status: 200, headers: { 'x-a': '日本' } }) },
      500,
      /bug in the sandbox: TypeError.* Invalid character in header/,
    ],
  ] as const) {
    const parts = { clock: createClock(), calls: createCallLog(), faults: createFaults() };
    const server = await listen(0, serveUpstream('s3', upstream, parts));
    context.after(() => server.close());
    const answered = await ask(`http://127.0.0.1:${server.port}`, '/a');
    assert.equal(answered.status, status);
    assert.match(answered.text, text);
  }
});
