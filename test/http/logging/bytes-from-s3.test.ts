// Each request's log line shows the number of body bytes that all attempts of the request together received from S3.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { brokenOff, giveObject } from '../../support/object-at-s3.ts';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';
import type { Respond } from '../../support/stand-in.ts';

const MISSING = `<Error><Code>NoSuchKey</Code><Message>${'no '.repeat(40)}</Message></Error>`;
const SLOW_DOWN = `<Error><Code>SlowDown</Code><Message>${'slower '.repeat(20)}</Message></Error>`;
const LIST = `<?xml version="1.0"?><ListBucketResult><Name>acme-lake</Name><IsTruncated>false</IsTruncated></ListBucketResult>`;
const [SMALL, LARGE] = [Buffer.alloc(1_000, 's'), Buffer.alloc(700_000, 'l')];

/** Sends the responses in this order, and the last one again for every later request. */
const inOrder = (...all: readonly Respond[]): Respond => {
  let requests = 0;
  return (request, response) => {
    const respond = all[Math.min(requests, all.length - 1)];
    requests += 1;
    return respond?.(request, response);
  };
};

const document =
  (status: number, body: string, headers = {}): Respond =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
  };

const object =
  (body: Buffer): Respond =>
  (request, response) => {
    giveObject({ body }, request, response);
  };

const inChunks: Respond = (_request, response: ServerResponse) => {
  response.writeHead(200, { etag: '"e1"' });
  response.write(LARGE.subarray(0, 300_000));
  response.end(LARGE.subarray(300_000));
};

describe('the log field bytesFromS3', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire();
  });
  after(() => wire.close());

  const cases: readonly (readonly [
    name: string,
    respond: Respond,
    expected: { readonly received: number; readonly sent?: number },
    path?: string,
  ])[] = [
    ['a small object', object(SMALL), { received: 1_000, sent: 1_000 }],
    ['a large object', object(LARGE), { received: 700_000, sent: 700_000 }],
    ['a chunked response, without the chunk framing', inChunks, { received: 700_000 }],
    ['an error document', document(404, MISSING), { received: MISSING.length }],
    [
      'the error document of an attempt that was retried',
      inOrder(document(503, SLOW_DOWN), object(SMALL)),
      { received: SLOW_DOWN.length + 1_000, sent: 1_000 },
    ],
    [
      'the response that redirects to another region',
      inOrder(document(301, MISSING, { 'x-amz-bucket-region': 'eu-west-3' }), object(SMALL)),
      { received: MISSING.length + 1_000, sent: 1_000 },
    ],
    [
      'both parts of a resumed download',
      brokenOff({ body: LARGE }, { after: 300_000 }),
      { received: 700_000, sent: 700_000 },
    ],
    ['a list', document(200, LIST), { received: LIST.length, sent: LIST.length }, '/acme-lake?list-type=2'],
    [
      'a list that is sent to the caller as JSON',
      document(200, LIST),
      { received: LIST.length },
      '/-/objects?bucket=acme-lake',
    ],
  ];
  for (const [name, respond, { received, sent }, path = '/acme-lake/a'] of cases) {
    it(`counts the body bytes of ${name}`, async () => {
      wire.s3Answers(respond);
      const line = await wire.lineOf(await wire.read({ path }));
      assert.equal(line['bytesFromS3'], received);
      if (sent !== undefined) assert.equal(line['bytesSent'], sent);
    });
  }

  it('is 0 for HEAD, and for a request that is not sent to S3', async () => {
    wire.s3Answers((_request, response) => {
      response.writeHead(200, { etag: '"e1"', 'content-length': 700_000 }).end();
    });
    const head = await wire.lineOf(await wire.read({ method: 'HEAD' }));
    assert.deepEqual([head['bytesFromS3'], head['bytesSent']], [0, 0]);
    const refused = await wire.read({ path: '/acme-other/a' });
    const line = await wire.lineOf(refused);
    assert.deepEqual([line['bytesFromS3'], line['bytesSent']], [0, refused.body.length]);
  });

  it('counts the listing that confirms that a bucket exists', async () => {
    wire.s3Answers(document(200, LIST));
    const line = await wire.lineOf(await wire.read({ method: 'HEAD', path: '/acme-lake' }));
    assert.deepEqual([line['bytesFromS3'], line['bytesSent']], [LIST.length, 0]);
  });
});
