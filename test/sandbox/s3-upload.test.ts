// Uploads are accepted in every framing that SDKs use, and verified against their checksums.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { control, s3Client, sandboxFor } from './clients.ts';

const Bucket = 'acme-lake';

test('an upload that is sent in chunks with a checksum trailer arrives complete', async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox);
  const bytes = Buffer.alloc(3_000_000, 'x\r\n0;');
  const pieces = Array.from({ length: 30 }, (_, index) =>
    bytes.subarray(index * 100_000, (index + 1) * 100_000),
  );
  const put = new PutObjectCommand({
    Bucket,
    Key: 'k',
    Body: Readable.from(pieces),
    ContentLength: bytes.length,
  });
  await s3.send(put);
  const { Body, ContentEncoding, ChecksumCRC32 } = await s3.send(
    new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }),
  );
  assert.deepEqual(Buffer.from((await Body?.transformToByteArray()) ?? []), bytes);
  assert.equal(ContentEncoding, undefined);
  assert.ok(ChecksumCRC32);
  const calls = JSON.stringify(await control(sandbox, 'GET', '/calls'));
  assert.match(calls, /STREAMING-UNSIGNED-PAYLOAD-TRAILER/);
});

test('an upload that does not match its checksum gets BadDigest, and nothing is stored', async (context) => {
  const s3 = s3Client(await sandboxFor(context));
  const wrong = new PutObjectCommand({ Bucket, Key: 'k', Body: 'abc', ChecksumCRC32: 'AAAAAA==' });
  await assert.rejects(s3.send(wrong), { name: 'BadDigest' });
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'k' })), { name: 'NoSuchKey' });
});

test('the ETag of an uploaded object is the MD5 of its content', async (context) => {
  const s3 = s3Client(await sandboxFor(context));
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'abc' }));
  assert.equal(ETag, '"900150983cd24fb0d6963f7d28e17f72"');
});
