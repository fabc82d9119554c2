// S3 accepts only signed requests, and reports an invalid signature with S3's error codes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../src/sandbox/sha256.ts';
import { ask, assumed, control, s3Client, sandboxFor, type Keys } from './clients.ts';

const read = (sandbox: Sandbox, keys: Keys, region?: string) =>
  s3Client(sandbox, keys, region).send(
    new GetObjectCommand({ Bucket: sandbox.contract.bucket, Key: 'README.txt' }),
  );

const HOST = 'acme-lake.s3.eu-west-1.amazonaws.com';

/** The object README.txt, read in path style. */
const sampleOf = async (sandbox: Sandbox): Promise<string> => {
  const { Body } = await read(sandbox, await assumed(sandbox));
  assert.ok(Body);
  return Body.transformToString();
};

const named =
  (name: string, status: number) => (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.deepEqual([error.name, error.$metadata?.httpStatusCode], [name, status]);
    return true;
  };

test('an unsigned request gets AccessDenied', async (context) => {
  const { contract } = await sandboxFor(context);
  const { status, text, headers } = await ask(contract.s3, `/${contract.bucket}/README.txt`);
  assert.equal(status, 403);
  assert.match(text, /<Code>AccessDenied<.*<RequestId>[0-9A-F]{16}<\/RequestId><HostId>/s);
  assert.deepEqual([headers['server'], headers['content-type']], ['AmazonS3', 'application/xml']);
});

test('a request with invalid credentials gets a different error code for each kind of mistake', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  const { accessKeyId, secretAccessKey } = keys;
  await assert.rejects(read(sandbox, { ...keys, secretAccessKey: 'x' }), named('SignatureDoesNotMatch', 403));
  await assert.rejects(read(sandbox, { accessKeyId, secretAccessKey }), named('InvalidAccessKeyId', 403));
  await assert.rejects(read(sandbox, { ...keys, sessionToken: 'bm9uc2Vuc2U=' }), named('InvalidToken', 400));
  await assert.rejects(read(sandbox, keys, 'us-east-1'), named('AuthorizationHeaderMalformed', 400));
});

test("credentials expire at their stated time, according to S3's clock", async (context) => {
  const sandbox = await sandboxFor(context);
  await control(sandbox, 'PUT', '/durations', { credentials: 60 });
  const keys = await assumed(sandbox);
  await read(sandbox, keys);
  await control(sandbox, 'PUT', '/clock', { offsetSeconds: 61, upstream: 's3' });
  await assert.rejects(read(sandbox, keys), named('ExpiredToken', 400));
});

test('a request signed with a clock that is 15 minutes off gets RequestTimeTooSkewed', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  await control(sandbox, 'PUT', '/clock', { offsetSeconds: -903, upstream: 's3' });
  await assert.rejects(read(sandbox, keys), named('RequestTimeTooSkewed', 403));
});

test('error responses to HEAD have no body', async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox, await assumed(sandbox));
  await assert.rejects(
    s3.send(new HeadObjectCommand({ Bucket: sandbox.contract.bucket, Key: 'no' })),
    named('NotFound', 404),
  );
  await assert.rejects(
    s3.send(new ListObjectsV2Command({ Bucket: 'no-such-bucket' })),
    named('NoSuchBucket', 404),
  );
});

test('a virtual-hosted-style request is signed for the host name of its bucket', async (context) => {
  const sandbox = await sandboxFor(context);
  const { contract } = sandbox;
  const signer = new SignatureV4({
    service: 's3',
    region: contract.region,
    credentials: await assumed(sandbox),
    sha256: Sha256,
    uriEscapePath: false,
  });
  const read = async (signedHost: string, path: string): Promise<string> => {
    const request = { method: 'GET', protocol: 'http:', hostname: '', path, query: {} };
    const { headers } = await signer.sign({ ...request, headers: { host: signedHost } });
    return (await ask(contract.s3, path, { headers: { ...headers, host: HOST } })).text;
  };
  assert.equal(await read(HOST, '/README.txt'), await sampleOf(sandbox));
  assert.match(await read(HOST, `/${contract.bucket}/README.txt`), /<Code>NoSuchKey</);
  assert.match(await read(new URL(contract.s3).host, '/README.txt'), /<Code>SignatureDoesNotMatch</);
});

test('a presigned URL is valid until it expires, and only with an unchanged query', async (context) => {
  const sandbox = await sandboxFor(context);
  const { contract } = sandbox;
  const { host, hostname } = new URL(contract.s3);
  const credentials = await assumed(sandbox);
  const signer = new SignatureV4({
    service: 's3',
    region: contract.region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const path = `/${contract.bucket}/README.txt`;
  const unsigned = { method: 'GET', protocol: 'http:', hostname, path, query: {}, headers: { host } };
  const { query = {} } = await signer.presign(
    { ...unsigned, headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    {
      expiresIn: 60,
      unhoistableHeaders: new Set(['x-amz-content-sha256']),
      unsignableHeaders: new Set(['x-amz-content-sha256']),
    },
  );
  const search = new URLSearchParams(query as Record<string, string>).toString();
  assert.equal((await ask(contract.s3, `${path}?${search}`)).status, 200);
  assert.match(
    (await ask(contract.s3, `${path}?${search}&versionId=null`)).text,
    /<Code>SignatureDoesNotMatch</,
  );
  await control(sandbox, 'PUT', '/clock', { offsetSeconds: 61, upstream: 's3' });
  assert.match(
    (await ask(contract.s3, `${path}?${search}`)).text,
    /<Code>AccessDenied<.*Request has expired/s,
  );
});
