// The sandbox stores every key that S3 supports without changing any byte, and never interprets a key as a file path.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { ask, s3Client, sandboxFor } from './clients.ts';

const Bucket = 'acme-lake';

test('unusual object keys are stored, listed and read unchanged', async (context) => {
  const s3 = s3Client(await sandboxFor(context));
  const awkward = [
    '..',
    '.',
    './a',
    'a/../b',
    '/',
    '//',
    'a//b',
    'a/',
    'a+b',
    'a b',
    'a%2Fb',
    'a%b',
    'a?b#c',
    '\\',
    "!*'()~",
    '\u00e9',
    'e\u0301',
    'k'.repeat(1024),
  ];
  for (const Key of awkward) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  }
  for (const Key of awkward) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(await Body?.transformToString(), Key);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    assert.equal(Contents?.[0]?.Key, Key);
  }
});

test('any text can be a key', async (context) => {
  const s3 = s3Client(await sandboxFor(context));
  const key = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 200 })
    .filter((text) => text.isWellFormed());
  await fc.assert(
    fc.asyncProperty(key, async (Key) => {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await Body?.transformToString(), Key);
    }),
    { numRuns: 100 },
  );
});

test('a key over 1,024 bytes gets KeyTooLongError, and a key that is not UTF-8 gets InvalidURI', async (context) => {
  const { contract } = await sandboxFor(context);
  const code = async (path: string) =>
    /<Code>(\w+)/.exec((await ask(contract.s3, `/${Bucket}/${path}`)).text)?.[1];
  assert.equal(await code('k'.repeat(1025)), 'KeyTooLongError');
  assert.equal(await code('%C3'), 'InvalidURI');
  assert.equal(await code('%zz'), 'InvalidURI');
});
