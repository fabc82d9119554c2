// What one would write in an afternoon, as a contender: Express, the AWS SDK's GetObject, and a pipe. It verifies nobody,
// logs nothing and counts nothing.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import express from 'express';

const [port = '', endpoint = '', region = ''] = process.argv.slice(2);

const s3 = new S3Client({
  endpoint,
  region,
  forcePathStyle: true,
  // Any keys: the origin looks at no signature. The token is as long as those of STS.
  credentials: { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'x'.repeat(1000) },
  requestHandler: {
    httpAgent: { keepAlive: true, maxSockets: 1024 },
    httpsAgent: { keepAlive: true, maxSockets: 1024 },
  },
});

const app = express();
app.get('/:bucket/*key', async (request, response) => {
  const { bucket, key } = request.params;
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key.join('/') }));
  if (!(object.Body instanceof Readable)) throw new Error('the object has no body');
  response.set({
    'content-type': object.ContentType ?? 'binary/octet-stream',
    'content-length': String(object.ContentLength ?? 0),
    etag: object.ETag ?? '',
    ...(object.LastModified === undefined ? {} : { 'last-modified': object.LastModified.toUTCString() }),
  });
  try {
    await pipeline(object.Body, response);
  } catch (error) {
    // wrk goes away in the middle of an answer when its time is over.
    if (!response.destroyed) throw error;
  }
});
app.listen(Number(port), '127.0.0.1');
