// A directory that the sandbox serves as its bucket is read-only, gives no access to other directories, and streams large
// files.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { assumed, s3Client, sandboxFor } from './clients.ts';

const Bucket = 'acme-lake';

async function shown(context: TestContext) {
  const outside = mkdtempSync(join(tmpdir(), 'fedbridge-outside-'));
  const dir = join(outside, 'shown');
  context.after(() => {
    rmSync(outside, { recursive: true });
  });
  mkdirSync(join(dir, 'sub'), { recursive: true });
  mkdirSync(join(outside, 'shown-not'));
  writeFileSync(join(outside, 'secret'), 'secret');
  writeFileSync(join(outside, 'shown-not', 'secret'), 'secret');
  writeFileSync(join(dir, 'a b+c.txt'), 'abc');
  writeFileSync(join(dir, 'sub', 'x.csv'), '1,2');
  symlinkSync(join(outside, 'secret'), join(dir, 'leads-out'));
  symlinkSync(join(outside, 'shown-not'), join(dir, 'leads-out-too'));
  symlinkSync('..', join(dir, 'sub', 'loop'));
  symlinkSync('sub/x.csv', join(dir, 'stays-in'));
  const sandbox = await sandboxFor(context, { dir });
  return { s3: s3Client(sandbox, await assumed(sandbox)), owner: s3Client(sandbox) };
}

test('files in a served directory become keys, and symbolic links cannot lead outside the directory', async (context) => {
  const { s3 } = await shown(context);
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['a b+c.txt', 'stays-in', 'sub/x.csv'],
  );
  const get = async (Key: string) =>
    (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  assert.deepEqual(
    [await get('a b+c.txt'), await get('stays-in'), await get('sub/x.csv')],
    ['abc', '1,2', '1,2'],
  );
  const outside = [
    'leads-out',
    'leads-out-too/secret',
    '../secret',
    'sub/../../secret',
    'sub',
    'sub/',
    '/etc/passwd',
    'sub//x.csv',
    './sub/x.csv',
  ];
  for (const Key of outside) await assert.rejects(get(Key), { name: 'NoSuchKey' }, Key);
});

test('the ETag of a served file is stable, and ranges of the file can be read', async (context) => {
  const { s3 } = await shown(context);
  const get = (Range?: string) => s3.send(new GetObjectCommand({ Bucket, Key: 'sub/x.csv', Range }));
  const { ETag, ContentType, Body } = await get();
  await Body?.transformToString();
  const part = await get('bytes=2-');
  assert.equal(await part.Body?.transformToString(), '2');
  assert.deepEqual([part.ETag, ContentType], [ETag, 'text/csv']);
});

test('a bucket served from a directory is read-only, even for the owner', async (context) => {
  const { owner } = await shown(context);
  await assert.rejects(owner.send(new PutObjectCommand({ Bucket, Key: 'new', Body: 'x' })), {
    name: 'MethodNotAllowed',
  });
});
